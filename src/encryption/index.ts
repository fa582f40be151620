/** Encryption of what Holdfast keeps: the keys, and what they do. */
export {
  ENCRYPTION_KEYS_ENV,
  type EncryptionKey,
  type EncryptionKeys,
  EncryptionKeysError,
  newEncryptionKey,
  readEncryptionKeys,
  unknownKeyText,
} from './keys'
export { seal, unseal } from './seal'
export { type EncryptionSummary, encryptionSummary, encryptionText } from './summary'
export { type Opened, type ValueCrypto, valueCryptoOf } from './values'
