// A model endpoint that follows a script: the Messages API as far as Claude Code uses it, streamed as server-sent events. It
// thinks nothing: a test hands in `answer`, which gets the request and says what blocks come back.
import { createServer } from 'node:http'
import { once } from 'node:events'

/** Text and tool calls, as a script writes them. */
export const say = (text) => ({ type: 'text', text })
export const call = (name, input) => ({ type: 'tool_use', name, input })

/** Starts an endpoint on loopback. `answer(conversation)` gives the blocks of the next message. */
export async function scriptedModel(answer) {
  const requests = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text) => (body += text))
    request.on('end', () => {
      requests.push({ method: request.method, path: request.url, body })
      Promise.resolve(route(request, body, response, answer)).catch((error) => response.destroy(error))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function route(request, body, response, answer) {
  const { pathname } = new URL(request.url, 'http://model')
  if (request.method === 'POST' && pathname === '/v1/messages') {
    const asked = JSON.parse(body)
    const blocks = await answer(conversation(asked))
    if (asked.stream === true) stream(response, asked.model, blocks)
    else json(response, 200, message(asked.model, blocks))
  } else if (request.method === 'POST' && pathname === '/v1/messages/count_tokens') {
    json(response, 200, { input_tokens: Math.ceil(body.length / 4) })
  } else if (request.method === 'HEAD' || request.method === 'GET') {
    json(response, 200, {})
  } else {
    json(response, 404, { type: 'error', error: { type: 'not_found_error', message: `no ${request.method} ${pathname}` } })
  }
}

/** What a script decides by: what the person asked last, and the results of the tools called since. */
function conversation({ messages, tools = [] }) {
  const blocksOf = ({ content }) => (typeof content === 'string' ? [{ type: 'text', text: content }] : content)
  const results = []
  let asked = ''
  for (const item of messages.filter(({ role }) => role === 'user')) {
    const blocks = blocksOf(item)
    const found = blocks.filter(({ type }) => type === 'tool_result')
    // Reminders that the agent adds for itself are not what the person said.
    const said = blocks.flatMap((block) => (block.type === 'text' && !block.text.startsWith('<') ? [block.text] : []))
    if (found.length > 0) results.push(...found)
    else if (said.length > 0) {
      asked = said.join('\n')
      results.length = 0
    }
  }
  return { asked, results, tools: tools.map(({ name }) => name) }
}

function message(model, blocks) {
  const usesTool = blocks.some(({ type }) => type === 'tool_use')
  return {
    id: `msg_${Math.random().toString(36).slice(2)}`,
    type: 'message',
    role: 'assistant',
    model,
    content: blocks.map((block) => (block.type === 'tool_use' ? { ...block, id: `toolu_${Math.random().toString(36).slice(2)}` } : block)),
    stop_reason: usesTool ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 10, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  }
}

function stream(response, model, blocks) {
  const { content, stop_reason, stop_sequence, usage, ...head } = message(model, blocks)
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  const emit = (type, fields) => response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  emit('message_start', { message: { ...head, content: [], stop_reason: null, stop_sequence: null, usage } })
  content.forEach((block, index) => {
    const isText = block.type === 'text'
    emit('content_block_start', { index, content_block: isText ? { type: 'text', text: '' } : { ...block, input: {} } })
    const delta = isText ? { type: 'text_delta', text: block.text } : { type: 'input_json_delta', partial_json: JSON.stringify(block.input) }
    emit('content_block_delta', { index, delta })
    emit('content_block_stop', { index })
  })
  emit('message_delta', { delta: { stop_reason, stop_sequence }, usage: { output_tokens: usage.output_tokens } })
  emit('message_stop', {})
  response.end()
}

function json(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
