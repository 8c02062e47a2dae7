"""20 publishers and 20 subscribers of paho-mqtt in one process. Prints how many messages came in the time given.
Usage: paho_load.py PORT QOS SECONDS PAIRS SIZE"""
import sys
import threading
import time

import paho.mqtt.client as mqtt

port, qos, seconds, pairs, size = (int(word) for word in sys.argv[1:6])
came = [0] * pairs
payload = b"x" * size
deadline = time.monotonic() + seconds


def client(name):
    made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
    made.max_inflight_messages_set(64)
    made.max_queued_messages_set(0)
    return made


def subscriber(index):
    def on_message(_client, _data, _message):
        came[index] += 1

    ready = threading.Event()
    made = client(f"sub-{index}")
    made.on_message = on_message
    made.on_subscribe = lambda *_: ready.set()
    made.connect("127.0.0.1", port)
    made.subscribe(f"p/{index}", qos)
    made.loop_start()
    ready.wait(10)
    return made


def publish(index):
    made = client(f"pub-{index}")
    made.connect("127.0.0.1", port)
    made.loop_start()
    last = []
    while time.monotonic() < deadline:
        last.append(made.publish(f"p/{index}", payload, qos))
        if len(last) >= 64:
            last.pop(0).wait_for_publish(5)
    made.disconnect()
    made.loop_stop()


subscribers = [subscriber(index) for index in range(pairs)]
publishers = [threading.Thread(target=publish, args=(index,)) for index in range(pairs)]
for thread in publishers:
    thread.start()
for thread in publishers:
    thread.join()
time.sleep(0.5)
for made in subscribers:
    made.loop_stop()
print(sum(came))
