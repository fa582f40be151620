/** `GET /openapi.json`: made from the zod schemas that read the bodies, so that it can't differ from them. */
import { z } from 'zod'
import {
  chatBodySchema,
  countBodySchema,
  embeddingsBodySchema,
  messagesBodySchema,
  responsesBodySchema,
} from '../formats/inbound'
import { circuitBody } from './circuits'
import { generationBody } from './generations'

const BODIES = {
  ChatCompletionRequest: chatBodySchema,
  MessagesRequest: messagesBodySchema,
  CountTokensRequest: countBodySchema,
  ResponsesRequest: responsesBodySchema,
  EmbeddingsRequest: embeddingsBodySchema,
  GenerationRequest: generationBody,
  CircuitChange: circuitBody,
} as const

/** JSON Schema puts what it shares under `$defs`; here it stands beside the others. */
function components(): { [name: string]: unknown } {
  const all: { [name: string]: unknown } = {
    Error: { type: 'object', properties: { error: { type: 'object' } }, required: ['error'] },
  }
  for (const [name, schema] of Object.entries(BODIES)) {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    const moved = JSON.parse(JSON.stringify(json).replaceAll('"#/$defs/', `"#/components/schemas/${name}_`))
    const { $defs = {}, $schema: _dialect, ...own } = moved
    all[name] = own
    for (const [shared, definition] of Object.entries($defs)) all[`${name}_${shared}`] = definition
  }
  return all
}

const json = (schema: object) => ({ 'application/json': { schema } })
const ref = (name: keyof typeof BODIES | 'Error') => ({ $ref: `#/components/schemas/${name}` })
const answered = (description: string, schema: object = { type: 'object' }) => ({
  description,
  content: json(schema),
})
const FAILED = { default: answered('An error; 429 and 503 carry Retry-After', ref('Error')) }

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
})
const KEY = header('Idempotency-Key', 'The same key and the same request: the same generation')
const REQUEST_ID = header('x-request-id', 'The name of this HTTP request; the answer has it, too')
const RESUME = header('Last-Event-ID', 'Events up to this position are left out')
const ID = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }

const requestBodyOf = (body: keyof typeof BODIES) => ({ required: true, content: json(ref(body)) })
const answerOrStream = (description: string) => ({
  description,
  content: { ...json({ type: 'object' }), 'text/event-stream': { schema: { type: 'string' } } },
})

/** OpenAPI 3.1. Keys are required under `/v1`, and at `/metrics` by what comes from elsewhere, where any are set. */
export const openapi = (version: string) => ({
  openapi: '3.1.0',
  info: { title: 'Holdfast', version },
  paths: {
    '/v1/chat/completions': {
      post: {
        summary: "A generation in the shape of OpenAI's chat completions",
        parameters: [REQUEST_ID, KEY, RESUME],
        requestBody: requestBodyOf('ChatCompletionRequest'),
        responses: { 200: answerOrStream('A chat.completion, or its chunks'), ...FAILED },
      },
    },
    '/v1/messages': {
      post: {
        summary: "A generation in the shape of Anthropic's messages",
        parameters: [REQUEST_ID, KEY],
        requestBody: requestBodyOf('MessagesRequest'),
        responses: { 200: answerOrStream('A message, or its events'), ...FAILED },
      },
    },
    '/v1/messages/count_tokens': {
      post: {
        summary: "How many tokens a request in the shape of Anthropic's messages has; nothing is generated",
        requestBody: requestBodyOf('CountTokensRequest'),
        responses: { 200: answered('`input_tokens`'), ...FAILED },
      },
    },
    '/v1/embeddings': {
      post: {
        summary: "Vectors in the shape of OpenAI's embeddings",
        parameters: [REQUEST_ID, KEY],
        requestBody: requestBodyOf('EmbeddingsRequest'),
        responses: { 200: answered('The list of vectors, in the order of the inputs'), ...FAILED },
      },
    },
    '/v1/responses': {
      post: {
        summary:
          "A generation in the shape of OpenAI's Responses API; with `background: true` it is answered at once",
        parameters: [REQUEST_ID, KEY],
        requestBody: requestBodyOf('ResponsesRequest'),
        responses: { 200: answerOrStream('A response, or its events'), ...FAILED },
      },
    },
    '/v1/responses/{id}': {
      get: {
        summary:
          'A response by its id: how it stands, or its events from the first one or behind `starting_after`',
        parameters: [
          ID,
          { name: 'stream', in: 'query', schema: { type: 'boolean', default: false } },
          { name: 'starting_after', in: 'query', schema: { type: 'integer' } },
        ],
        responses: { 200: answerOrStream('A response, or its events'), ...FAILED },
      },
    },
    '/v1/responses/{id}/cancel': {
      post: {
        summary: 'Cancels it',
        parameters: [ID],
        responses: { 200: answered('The response'), ...FAILED },
      },
    },
    '/v1/models': {
      get: { summary: 'Routes and targets', responses: { 200: answered('What `model` may be'), ...FAILED } },
    },
    '/v1/models/{id}': {
      get: {
        summary: 'One of them, or any target of a known provider; its slash may be encoded or not',
        parameters: [ID],
        responses: { 200: answered('It may be a `model`'), ...FAILED },
      },
    },
    '/v1/generations': {
      post: {
        summary: 'Starts a generation',
        parameters: [REQUEST_ID, KEY],
        requestBody: requestBodyOf('GenerationRequest'),
        responses: { 202: answered('It is accepted: its id, and where to follow it'), ...FAILED },
      },
    },
    '/v1/generations/{id}': {
      get: {
        summary: 'How it stands: running, answered, failed or cancelled',
        parameters: [ID],
        responses: {
          200: answered('State, attempts, what it waits for (parked, waitsForBudget), and result or error'),
          ...FAILED,
        },
      },
      delete: {
        summary: 'Cancels it',
        parameters: [ID],
        responses: {
          202: answered('Its cancellation was requested; one that has ended stays as it is'),
          ...FAILED,
        },
      },
    },
    '/v1/generations/{id}/events': {
      get: {
        summary: 'Its events, from the first one or after Last-Event-ID',
        parameters: [
          ID,
          RESUME,
          { name: 'restarts', in: 'query', schema: { enum: ['error', 'event'], default: 'error' } },
        ],
        responses: {
          200: {
            description: 'Server-sent events',
            content: { 'text/event-stream': { schema: { type: 'string' } } },
          },
          ...FAILED,
        },
      },
    },
    '/v1/circuits': {
      get: {
        summary: 'The circuits of all providers',
        responses: { 200: answered('As `holdfast circuits --json` prints them'), ...FAILED },
      },
    },
    '/v1/circuits/{target}': {
      put: {
        summary: 'Opens, closes or gives back a circuit: of `provider/model`, or of `provider`',
        parameters: [{ name: 'target', in: 'path', required: true, schema: { type: 'string' } }],
        requestBody: requestBodyOf('CircuitChange'),
        responses: {
          200: answered(
            'The circuit and its account as they are now, and how many waiting generations were notified',
          ),
          403: answered('It takes a key to operate with', ref('Error')),
          ...FAILED,
        },
      },
    },
    '/healthz': { get: { summary: 'Is it alive?', security: [], responses: { 200: answered('Yes') } } },
    '/readyz': {
      get: {
        summary: 'Does Temporal answer, and does a worker poll?',
        security: [],
        responses: { 200: answered('Both'), 503: answered('One of them does not, or it is shutting down') },
      },
    },
    '/metrics': {
      get: {
        summary: 'For Prometheus; from the same host without a key',
        responses: {
          200: { description: 'Text', content: { 'text/plain': { schema: { type: 'string' } } } },
          401: answered('Keys are set, and it comes from elsewhere without one', ref('Error')),
        },
      },
    },
  },
  components: {
    schemas: components(),
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
    },
  },
  security: [{}, { bearer: [] }, { apiKey: [] }],
})
