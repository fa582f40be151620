/** `POST /v1/responses` and what is asked of a response later, as OpenAI's clients send it. */
export { continuedFrom } from './conversation'
export { createResponseEvents, positionOfSequence, type ResponsesEvent } from './events'
export {
  type Asked,
  bodySchema as responsesBodySchema,
  type ParsedResponsesRequest,
  parseResponsesRequest,
} from './request'
export { answeredResponse, failedResponse, generationIdOf, runningResponse } from './response'
