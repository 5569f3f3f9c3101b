// The other usual way: node-pty behind Socket.IO, one event each way.
//
//   node socketio.mjs PORT [tmux SOCKET]        then the stock protocol, with the terminal's name in the query as `name`
import http from 'node:http'
import { Server } from 'socket.io'
import { terminals } from './terminals.mjs'

const [port, ...multiplexer] = process.argv.slice(2)
const terminal = terminals(multiplexer)
const server = http.createServer((_request, response) => response.end('ok'))
new Server(server, { transports: ['websocket'] }).on('connection', (socket) => {
  const { pty, viewers } = terminal(socket.handshake.query.name)
  const show = (data) => socket.emit('output', data)
  viewers.add(show)
  socket.on('input', (data) => pty.write(data))
  socket.on('disconnect', () => viewers.delete(show))
})
server.listen(Number(port), '127.0.0.1', () => console.log('ready'))
