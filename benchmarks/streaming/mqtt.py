"""What the benchmark of the bridges from MQTT to Kafka needs of MQTT: sessions, and a publisher that is no bottleneck.

The publisher makes its packets before it sends them, and speaks MQTT 3.1.1 over a plain socket.
"""

import socket
import struct
import threading
import time

SESSION_SECONDS = 3600
TOPICS = 20
FILTER = "bench/#"
CONNECT, PUBLISH, SUBSCRIBE, DISCONNECT = 0x10, 0x30, 0x82, 0xE0
CONNACK = 0x20
SESSION_EXPIRY, RECEIVE_MAXIMUM = 0x11, 0x21


def packet(kind, *parts):
    body = b"".join(parts)
    length, rest = bytearray(), len(body)
    while True:
        rest, digit = rest >> 7, rest & 0x7F
        length.append(digit | (0x80 if rest else 0))
        if not rest:
            return bytes([kind]) + length + body


def text(value):
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded


def connect(port, client, version=4, keeps_session=False, in_flight=65_535):
    connection = socket.create_connection(("127.0.0.1", port))
    properties = b""
    if version == 5:
        properties = struct.pack(">BBIBH", 8, SESSION_EXPIRY, SESSION_SECONDS, RECEIVE_MAXIMUM, in_flight)
    flags = 0 if keeps_session else 2
    connection.sendall(
        packet(CONNECT, text("MQTT"), bytes([version, flags]), struct.pack(">H", 0), properties, text(client))
    )
    if connection.recv(64)[0] != CONNACK:
        raise OSError("the MQTT broker has refused a connection")
    return connection


def make_session(port, client, version, in_flight):
    """Subscribes and goes away: from now on the MQTT broker keeps messages for this client.

    It has to ask for as many in flight as the client will that comes back: Mosquitto sends that many at once to it.
    """
    connection = connect(port, client, version, keeps_session=True, in_flight=in_flight)
    no_properties = b"\0" if version == 5 else b""
    connection.sendall(packet(SUBSCRIBE, b"\0\1", no_properties, text(FILTER), b"\1"))
    connection.recv(64)
    connection.sendall(packet(DISCONNECT))
    connection.close()


def readings(count, qos):
    """Packets of readings of some 60 bytes, of sensors that take turns."""
    now = int(time.time() * 1000)
    topics = [text(f"bench/sensor-{i}") for i in range(TOPICS)]
    for i in range(count):
        payload = f'{{"ts":{now + i // 100},"value":{20 + i % 1000 / 100},"unit":"C","battery":{i % 101}}}'.encode()
        number = struct.pack(">H", 1 + i % 65_535) if qos else b""
        yield packet(PUBLISH | qos << 1, topics[i % TOPICS], number, payload)


def preload(port, count):
    """Publishes messages of quality of service 1 as fast as the MQTT broker takes them, until it has all."""
    packets = list(readings(count, 1))
    connection = connect(port, "bench-publisher")

    def send():
        for i in range(0, count, 500):
            connection.sendall(b"".join(packets[i : i + 500]))

    sender = threading.Thread(target=send)
    started = time.time()
    sender.start()
    missing = 4 * count  # bytes of acknowledgements
    while missing:
        received = len(connection.recv(1 << 16))
        if not received:
            raise OSError("the MQTT broker has closed the publisher's connection")
        missing -= received
    sender.join()
    connection.close()
    return time.time() - started


def publish(port, count, rate):
    """Publishes messages of quality of service 0 at a steady rate; returns how long it took."""
    packets = list(readings(count, 0))
    connection = connect(port, "bench-publisher")
    started = time.time()
    sent = 0
    while sent < count:
        due = min(count, int((time.time() - started) * rate) + 1)
        if due > sent:
            connection.sendall(b"".join(packets[sent:due]))
            sent = due
        time.sleep(0.002)
    seconds = time.time() - started
    connection.sendall(packet(DISCONNECT))
    connection.close()
    return seconds


def probe(port):
    connection = connect(port, "bench-probe")
    connection.sendall(packet(PUBLISH, text("bench/probe"), b'{"ts":0,"value":0}') + packet(DISCONNECT))
    connection.close()
