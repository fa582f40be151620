/** Text that UTF-8 can carry. */

const LONE_SURROGATE = /\p{Surrogate}/gu

/** Each half of a character, which JavaScript's strings may hold and UTF-8 can't, becomes U+FFFD. */
export const wellFormed = (text: string): string => text.replace(LONE_SURROGATE, '\ufffd')
