// 20 publishers and 20 subscribers of MQTT.js in one process. Prints how many messages came in the time given.
// Usage: mqttjs_load.js PORT QOS SECONDS PAIRS SIZE
const mqtt = require('mqtt')
const [port, qos, seconds, pairs, size] = process.argv.slice(2).map(Number)
const payload = Buffer.alloc(size, 'x')
let came = 0
let open = 0
const publishers = []
const connect = (name) => mqtt.connect(`mqtt://127.0.0.1:${port}`, { clientId: name })

function begin() {
  const deadline = Date.now() + seconds * 1000
  for (const [index, client] of publishers.entries()) {
    const next = () => {
      if (Date.now() < deadline) client.publish(`p/${index}`, payload, { qos }, next)
    }
    for (let window = 0; window < 64; window++) next()
  }
  setTimeout(() => {
    console.log(came)
    process.exit(0)
  }, seconds * 1000 + 500)
}

for (let index = 0; index < pairs; index++) {
  const subscriber = connect(`sub-${index}`)
  subscriber.on('message', () => { came++ })
  subscriber.on('connect', () => subscriber.subscribe(`p/${index}`, { qos }, () => {
    const publisher = connect(`pub-${index}`)
    publisher.on('connect', () => {
      publishers[index] = publisher
      if (++open === pairs) begin()
    })
  }))
}
