"""What a Python service does with redis-py: `check.py PORT none|redis`."""

import sys
import threading

import redis

port, behind = int(sys.argv[1]), sys.argv[2]

for protocol in (2, 3):
    client = redis.Redis(port=port, protocol=protocol, decode_responses=True)
    assert client.ping()
    assert client.set("greeting", "hello", ex=100)
    assert client.get("greeting") == "hello"
    assert 50 <= client.ttl("greeting") <= 100
    assert client.set("greeting", "other", nx=True) is None
    assert client.mset({"a": 1, "b": 2}) and client.mget("a", "b", "none") == ["1", "2", None]
    assert client.incrby("a", 41) == 42
    assert client.delete("a", "b", "none") == 2
    binary = redis.Redis(port=port, protocol=protocol)
    value = bytes(range(256)) * 5000
    binary.set(b"\x00\xff\r\n", value)
    assert binary.get(b"\x00\xff\r\n") == value
    with client.pipeline(transaction=False) as pipeline:
        for number in range(500):
            pipeline.set(f"p{number}", number).get(f"p{number}")
        answers = pipeline.execute()
    assert answers[1::2] == [str(number) for number in range(500)]
    assert client.info("writebehind")["dead_letters"] == 0
    assert sum(1 for _ in client.scan_iter("p*")) == 500
    if behind == "redis":
        client.delete("h", "counter")
        client.hset("h", mapping={"x": "1", "y": "2"})
        assert client.hgetall("h") == {"x": "1", "y": "2"}

        def count(pipe):
            before = int(pipe.get("counter") or 0)
            pipe.multi()
            pipe.set("counter", before + 1)

        threads = [
            threading.Thread(target=lambda: [client.transaction(count, "counter") for _ in range(20)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.get("counter") == "80", client.get("counter")
        subscriber = client.pubsub()
        subscriber.subscribe("news")
        assert subscriber.get_message(timeout=60)["type"] == "subscribe"
        client.publish("news", "hi")
        assert subscriber.get_message(timeout=60)["data"] == "hi"
        with client.lock("lock", timeout=60):
            assert client.exists("lock") == 1
    else:
        try:
            client.hset("h", "x", 1)
        except redis.ResponseError as error:
            assert "hset" in str(error)
        else:
            raise AssertionError("hset without a Redis")
    client.flushall()
    assert client.dbsize() == 0

print("all is well")
