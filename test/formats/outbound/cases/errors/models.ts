/** Models that are not there, or not for this key. */
import type { ErrorCase } from '../types'
import { anthropic, caseOf, cloudflare, google, openai, problem, type Row } from './shapes'

const QUOTED: ErrorCase[] = [
  {
    source: 'deepwn/addi#13',
    status: 400,
    body: openai('Model Not Exist', 'invalid_request_error'),
    class: 'model_not_found',
  },
  {
    source: 'RightNow-AI/openfang#60',
    status: 400,
    body: openai(
      'The model `mixtral-8x7b-32768` has been decommissioned and is no longer supported.',
      'model_decommissioned',
    ),
    class: 'model_not_found',
  },
  {
    source: 'tashfeenahmed/freellmapi#634',
    status: 410,
    body: {
      status: 410,
      title: 'Gone',
      detail:
        "The model 'acme/tiny' has reached its end of life on 2026-01-02T00:00:00Z and is no longer available.",
    },
    class: 'model_not_found',
  },
  {
    source: 'anyme123/Any-code#1 (SiliconFlow)',
    status: 400,
    body: { code: 20012, message: 'Model does not exist. Please check it carefully.', data: null },
    class: 'model_not_found',
  },
  {
    source: 'ELPROFUG0/TexTab#2 (Perplexity)',
    status: 400,
    body: openai(
      "Invalid model 'sonar-old'. Permitted models can be found in the documentation at https://docs.example/models.",
      400,
      'invalid_model',
    ),
    class: 'model_not_found',
  },
  {
    source: 'volcengine/MineContext#328',
    status: 404,
    body: openai(
      'The model or endpoint doubao-x does not exist or you do not have access to it. Request id: 02',
      'InvalidEndpointOrModel.NotFound',
      'NotFound',
    ),
    class: 'model_not_found',
  },
  {
    source: "Ark's error codes",
    status: 404,
    body: openai(
      'Your account 21 has not activated the model doubao-x. Please activate the model service in the Ark Console.',
      'ModelNotOpen',
      'NotFound',
    ),
    class: 'model_not_found',
  },
  {
    source: 'Fireworks',
    status: 404,
    body: openai('Model not found, inaccessible, and/or not deployed', 'NOT_FOUND', 'error'),
    class: 'model_not_found',
  },
  {
    source: 'Ollama',
    status: 404,
    body: {
      error: {
        message: 'model "llama9" not found, try pulling it first',
        type: 'api_error',
        param: null,
        code: null,
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, ResourceNotFoundException',
    status: 404,
    headers: { 'x-amzn-errortype': 'ResourceNotFoundException' },
    body: {
      message: 'This model version has reached the end of its life. Please refer to the AWS documentation.',
    },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, ValidationException',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: { message: 'The provided model identifier is invalid.' },
    class: 'model_not_found',
  },
  {
    source: 'Bedrock, on-demand throughput',
    status: 400,
    headers: { 'x-amzn-errortype': 'ValidationException' },
    body: {
      message:
        "Invocation of model ID acme.large-v1 with on-demand throughput isn't supported. Retry your request with the ID or ARN of an inference profile that contains this model.",
    },
    class: 'model_not_found',
  },
  {
    source: 'Vertex',
    status: 404,
    body: google(
      404,
      'Publisher Model `projects/p/locations/l/publishers/google/models/gemini-x` was not found.',
      'NOT_FOUND',
    ),
    class: 'model_not_found',
  },
  {
    source: 'Azure',
    status: 404,
    body: {
      error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' },
    },
    class: 'model_not_found',
  },
  {
    source: 'OpenRouter',
    status: 400,
    body: { error: { message: 'acme/none is not a valid model ID', code: 400 }, user_id: 'u' },
    class: 'model_not_found',
  },
  {
    source: 'GitHub Models',
    status: 400,
    body: {
      error: {
        code: 'unknown_model',
        message: 'Unknown model: gpt-none',
        details: 'Unknown model: gpt-none',
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'LiteLLM proxy',
    status: 400,
    body: {
      error: {
        message:
          '/chat/completions: Invalid model name passed in model=none. Call `/v1/models` to view available models for your key.',
        type: 'None',
        param: 'None',
        code: '400',
      },
    },
    class: 'model_not_found',
  },
  {
    source: 'Zhipu, error 1211',
    status: 400,
    body: { error: { code: '1211', message: 'Unknown Model, please check the model code.' } },
    class: 'model_not_found',
  },
  {
    source: 'DashScope',
    status: 404,
    body: openai('The model `qwen-none` does not exist or you do not have access to it.', 'model_not_found'),
    class: 'model_not_found',
  },
]

const ROWS: Row[] = [
  ['Workers AI, error 5007', 400, cloudflare(5007, 'No such model @cf/acme/none or task'), 'model_not_found'],
  ['Workers AI, error 3042', 404, cloudflare(3042, 'The model name is invalid'), 'model_not_found'],
  [
    'Workers AI, error 5018',
    403,
    cloudflare(5018, 'This account is not allowed to access this model'),
    'forbidden',
  ],
  [
    'Alishahryar1/free-claude-code#1021 (NIM)',
    404,
    problem(404, 'Not Found', "Function '23d4': Not found for account 'Qaw'"),
    'model_not_found',
  ],
  [
    'Hugging Face router',
    400,
    {
      error: {
        message: "The requested model 'acme/none' is not supported by any provider you have enabled.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_supported',
      },
    },
    'model_not_found',
  ],
  ['Hugging Face', 404, { error: 'Model acme/none does not exist' }, 'model_not_found'],
  ['SambaNova', 404, openai('Model not found: tiny', 'model_not_found'), 'model_not_found'],
  [
    'Together',
    404,
    openai(
      'Unable to access model acme/none. Please visit https://api.together.ai/models',
      'model_not_available',
    ),
    'model_not_found',
  ],
  [
    'Together, dedicated',
    400,
    openai(
      'Unable to access non-serverless model acme/tiny. Please create and start a new dedicated endpoint for the model.',
      'model_not_available',
    ),
    'model_not_found',
  ],
  ['DashScope', 403, openai('Model access denied.', 'Model.AccessDenied', 'Model.AccessDenied'), 'forbidden'],
  [
    'Databricks',
    404,
    { error_code: 'RESOURCE_DOES_NOT_EXIST', message: "Endpoint with name 'none' does not exist." },
    'model_not_found',
  ],
  [
    'Databricks, off',
    400,
    { error_code: 'BAD_REQUEST', message: 'The endpoint tiny is stopped. Please start it before querying.' },
    'model_not_found',
  ],
  [
    'Mistral',
    400,
    { object: 'error', message: 'Invalid model: none', type: 'invalid_model', param: null, code: '1500' },
    'model_not_found',
  ],
  ['Baidu', 400, openai('model not exist', 'invalid_model'), 'model_not_found'],
  [
    'MiniMax',
    400,
    {
      type: 'error',
      error: {
        type: 'bad_request_error',
        message: "invalid params, unknown model 'none' (2013)",
        http_code: '400',
      },
    },
    'model_not_found',
  ],
  [
    'LiteLLM',
    400,
    openai(
      'litellm.BadRequestError: You passed in model=none. There are no healthy deployments for this model. Received Model Group=none',
      '400',
    ),
    'model_not_found',
  ],
  ['vLLM, LM Studio', 400, openai("Model 'none' not found.", 'model_not_found'), 'model_not_found'],
  [
    'LM Studio',
    404,
    openai(
      'No models loaded. Please load a model in the developer page or use the `lms load` command.',
      'model_not_found',
    ),
    'model_not_found',
  ],
  [
    'LocalAI',
    500,
    openai('could not load model - all backends returned error: none', 500, ''),
    'server_error',
  ],
  [
    'xAI',
    404,
    {
      code: 'Some requested entity was not found',
      error: 'The model none does not exist or your team does not have access to it.',
    },
    'model_not_found',
  ],
  [
    'Fireworks',
    404,
    openai('Model not found, inaccessible, and/or not deployed', 'NOT_FOUND'),
    'model_not_found',
  ],
  [
    'GitHub Models',
    404,
    {
      error: {
        code: 'unavailable_model',
        message: 'Unavailable model: tiny',
        details: 'Unavailable model: tiny',
      },
    },
    'model_not_found',
  ],
  [
    'GitHub Models, 400',
    400,
    { error: { code: 'unavailable_model', message: 'Unavailable model: tiny' } },
    'model_not_found',
  ],
  [
    'OpenAI, a chat model at the wrong end',
    404,
    openai(
      'This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use v1/completions?',
      null,
      'invalid_request_error',
      'model',
    ),
    'unsupported',
  ],
  [
    'OpenAI, Responses alone',
    404,
    openai(
      'This model is only supported in v1/responses and not in v1/chat/completions.',
      null,
      'invalid_request_error',
      'model',
    ),
    'unsupported',
  ],
  [
    'Gemini',
    404,
    google(
      404,
      'models/gemini-none is not found for API version v1main, or is not supported for generateContent. Call ListModels to see the list of available models.',
      'NOT_FOUND',
    ),
    'model_not_found',
  ],
  ['Perplexity', 400, openai("Invalid model 'none'.", 400, 'invalid_model'), 'model_not_found'],
  ['Azure, a version', 404, { error: { code: '404', message: 'Resource not found' } }, 'model_not_found'],
  [
    'Bedrock, a model in another region',
    400,
    { message: 'The provided model identifier is invalid.' },
    'model_not_found',
  ],
  ['Anthropic', 404, anthropic('not_found_error', 'model: claude-none'), 'model_not_found'],
]

export const MODELS: readonly ErrorCase[] = [...QUOTED, ...ROWS.map(caseOf)]
