/** The page of `/ui` in Chromium, over a whole stack: what an operator sees and does. */

import { type Browser, openBrowser } from '../helpers/browser'
import { type GatewaySettings, gatewayOver, type TestGateway } from '../helpers/gateway'
import { type Stack, startStack } from '../helpers/stack'

const TENANT = '<img src=x onerror="document.title=1">'
const MODEL = 'alpha/<img/src=x/onerror=document.title=2>'

const config = (url: string): string => `
providers:
  alpha: { api: openai-chat, baseUrl: ${url}/alpha/v1, auth: none }
  beta: { api: openai-chat, baseUrl: ${url}/beta/v1, auth: none }
models:
  '${MODEL}': { inputPerMillion: 3, outputPerMillion: 15 }
routes:
  default: { candidates: ['${MODEL}', beta/model-b], retry: { maximumAttempts: 1 } }
  direct: { candidates: [beta/model-b] }
`

let browser: Browser | null
let stack: Stack
let gateway: TestGateway
const settings: GatewaySettings = { apiKeys: `${TENANT}:k-tenant`, operateKeys: 'ada:k-ada' }

beforeAll(async () => {
  browser = await openBrowser()
  if (browser === null) {
    process.stderr.write('  no browser here: the page of /ui is not looked at\n')
    return
  }
  stack = await startStack({ config, tenant: TENANT })
  gateway = await gatewayOver(stack, config, settings)
  stack.simulator.script('alpha', [{ status: 503 }])
  stack.simulator.script('beta', [{ answer: 'PLANTED-ANSWER', latency: '50ms' }])
  for (const route of ['default', 'direct'])
    await stack.holdfast.generate({ route, prompt: 'PLANTED-PROMPT' })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await gateway?.close()
  await stack?.close()
}, 30_000)

/** Passes where there is no browser. */
const inBrowser = (title: string, look: (page: Browser) => Promise<void>): void =>
  it(title, async () => {
    if (browser !== null) await look(browser)
  }, 60_000)

const click = (page: Browser, selector: string) =>
  page.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`)
const useKey = async (page: Browser, key: string): Promise<void> => {
  await page.evaluate(`document.querySelector('#key').value = ${JSON.stringify(key)}`)
  await page.press('Enter')
}

inBrowser(
  'a key is asked for, a wrong one refused, and the right one kept for this tab alone',
  async (page) => {
    await page.visit(`${gateway.url}/ui`)
    await page.shows('This gateway needs a key')
    expect(await page.evaluate('document.activeElement.id')).toBe('key')
    await useKey(page, 'k-wrong')
    await page.shows('This key was refused')
    await useKey(page, 'k-ada')
    await page.shows('ada operates')
    expect(
      await page.evaluate('[sessionStorage.length, localStorage.length, document.cookie, location.href]'),
    ).toEqual([1, 0, '', `${gateway.url}/ui`])
  },
)

inBrowser(
  'names from outside stand there as text: no element and no script is made of them',
  async (page) => {
    await page.shows(TENANT)
    await page.shows(MODEL)
    await click(page, '.generation:last-child .row-head')
    await page.shows('fallback: answered')
    expect(
      await page.evaluate(
        '[document.images.length, document.title, document.querySelectorAll("main b b, main h3 b").length]',
      ),
    ).toEqual([0, 'Holdfast', 0])
    expect(await page.evaluate('document.body.innerText')).not.toContain('PLANTED')
    await click(page, '.generation:last-child .row-head')
  },
)

inBrowser(
  'a circuit is opened by its button and given back, each after a question, by keyboard',
  async (page) => {
    const button = (word: string) => `[aria-label="${word} the circuit of beta/model-b"]`
    const press = async (word: string) => {
      await page.evaluate(`document.querySelector(${JSON.stringify(button(word))}).focus()`)
      await page.press('Enter')
      await page.shows('the circuit of beta/model-b?')
      await page.press('Enter')
    }
    await page.evaluate(`document.querySelector(${JSON.stringify(button('Open'))}).focus()`)
    await page.press('Enter')
    await page.shows('Open the circuit of beta/model-b?')
    await page.press('Escape')
    expect(await page.evaluate('document.querySelector("#steer-dialog").open')).toBe(false)
    await press('Open')
    await page.shows('beta/model-b is forced open')
    await page.shows('an operator forced it')
    expect(await page.evaluate(`document.querySelector(${JSON.stringify(button('Open'))}).disabled`)).toBe(
      true,
    )
    await press('Auto')
    await page.shows('beta/model-b is closed')
  },
)

inBrowser('a generation under way is followed to its end', async (page) => {
  stack.simulator.script('beta', [{ answer: 'late', latency: '4s' }])
  const { id } = await stack.holdfast.start({ route: 'direct', prompt: 'slow' })
  await page.shows(id)
  await page.evaluate(
    `[...document.querySelectorAll('.generation')].find((one) => one.textContent.includes('${id}')).querySelector('button').click()`,
  )
  await page.shows('under way')
  expect(await page.evaluate('document.querySelectorAll(".bar.ongoing").length')).toBeGreaterThan(0)
  await page.shows('answered by beta/model-b')
  expect(await page.evaluate('document.querySelectorAll(".bar.ongoing").length')).toBe(0)
})

inBrowser(
  'on a phone and in the dark nothing is wider than the screen, and text has its contrast',
  async (page) => {
    for (const dark of [false, true]) {
      await page.visit(`${gateway.url}/ui`, { width: 375, height: 812, dark })
      await page.shows('ada operates')
      await page.shows('p95')
      await click(page, '.generation:last-child .row-head')
      await page.shows('started on task queue')
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375)
      const low = await page.evaluate<string[]>(LOW_CONTRAST)
      expect([dark, low]).toEqual([dark, []])
    }
  },
)

inBrowser(
  'a gateway that is gone is said, what stands there is marked as old, and it goes on by itself',
  async (page) => {
    const { port } = new URL(gateway.url)
    await gateway.close()
    await page.shows('This page tries again by itself')
    expect(await page.evaluate('document.body.classList.contains("old")')).toBe(true)
    await page.shows('Lost: read')
    gateway = await gatewayOver(stack, config, { ...settings, port: Number(port) })
    await page.shows('Live')
    expect(
      await page.evaluate(
        '[document.querySelector("#problem").hidden, document.body.classList.contains("old")]',
      ),
    ).toEqual([true, false])
  },
)

inBrowser('nothing was thrown, and no policy was broken', async (page) => {
  expect(await page.said()).toEqual([])
})

/** WCAG 2: 4.5 to 1 for text (what is disabled is left out). The page's grounds are all opaque. */
const LOW_CONTRAST = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data] }
  const luminance = ([r, g, b]) => [r, g, b].map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4).reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0)
  const groundOf = (element) => { for (let one = element; one; one = one.parentElement) { const color = rgb(getComputedStyle(one).backgroundColor); if (color[3] === 255) return color } return [255, 255, 255] }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const low = new Set()
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement
    if (walker.currentNode.textContent.trim() === '' || element.getClientRects().length === 0 || element.closest(':disabled')) continue
    const [a, b] = [luminance(rgb(getComputedStyle(element).color)), luminance(groundOf(element))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) low.add(element.tagName + '.' + element.className + ': ' + element.textContent.slice(0, 40))
  }
  return [...low]
})()`
