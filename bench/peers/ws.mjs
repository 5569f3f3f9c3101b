// The usual way to a terminal in a browser: node-pty behind a WebSocket. The connections of one name share a terminal, and each
// gets every byte; nothing is kept, and nobody is waited for.
//
//   node ws.mjs PORT [tmux SOCKET]        then ws://127.0.0.1:PORT/NAME
import http from 'node:http'
import { WebSocketServer } from 'ws'
import { terminals } from './terminals.mjs'

const [port, ...multiplexer] = process.argv.slice(2)
const terminal = terminals(multiplexer)
const server = http.createServer((_request, response) => response.end('ok'))
new WebSocketServer({ server }).on('connection', (socket, request) => {
  const { pty, viewers } = terminal(request.url.slice(1))
  const show = (data) => socket.send(data)
  viewers.add(show)
  socket.on('message', (data) => pty.write(data.toString()))
  socket.on('close', () => viewers.delete(show))
})
server.listen(Number(port), '127.0.0.1', () => console.log('ready'))
