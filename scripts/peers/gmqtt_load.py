"""20 publishers and 20 subscribers of gmqtt in one process. Prints how many messages came in the time given.
Usage: gmqtt_load.py PORT QOS SECONDS PAIRS SIZE"""
import asyncio
import sys
import time

from gmqtt import Client
from gmqtt.mqtt.constants import MQTTv311

port, qos, seconds, pairs, size = (int(word) for word in sys.argv[1:6])
came = 0
payload = b"x" * size


async def main():
    def on_message(_client, _topic, _payload, _qos, _properties):
        global came
        came += 1
        return 0

    subscribers, publishers = [], []
    for index in range(pairs):
        made = Client(f"sub-{index}")
        made.on_message = on_message
        await made.connect("127.0.0.1", port, version=MQTTv311)
        made.subscribe(f"p/{index}", qos=qos)
        subscribers.append(made)
        made = Client(f"pub-{index}")
        await made.connect("127.0.0.1", port, version=MQTTv311)
        publishers.append(made)
    await asyncio.sleep(0.5)
    deadline = time.monotonic() + seconds
    sent = 0
    while time.monotonic() < deadline:
        for index, made in enumerate(publishers):
            made.publish(f"p/{index}", payload, qos=qos)
        sent += pairs
        await asyncio.sleep(0)
        # It has no window of its own.
        while sent - came > 64 * pairs and time.monotonic() < deadline:
            await asyncio.sleep(0.001)
    await asyncio.sleep(0.5)
    print(came)


asyncio.run(main())
