// What a Node service does with ioredis: `check.cjs PORT none|redis`.
const assert = require("node:assert");
const Redis = require("ioredis");

const [port, behind] = process.argv.slice(2);

async function main() {
  const client = new Redis(Number(port));
  assert.equal(await client.set("greeting", "hello", "EX", 100), "OK");
  assert.equal(await client.get("greeting"), "hello");
  assert.equal(await client.set("greeting", "other", "NX"), null);
  assert.deepEqual(await client.mget("greeting", "none"), ["hello", null]);
  assert.equal(await client.incrby("n", 5), 5);
  const value = Buffer.alloc(1 << 20, 0xfe);
  await client.set("binary", value);
  assert.ok(value.equals(await client.getBuffer("binary")));
  // Without waiting: they go out together.
  const all = [];
  for (let number = 0; number < 1000; number++) {
    all.push(client.set(`k${number}`, number), client.get(`k${number}`));
  }
  const answers = await Promise.all(all);
  answers.forEach((answer, index) => assert.equal(answer, index % 2 ? String(index >> 1) : "OK"));
  assert.equal(await client.del("k0", "k1", "none"), 2);
  if (behind === "redis") {
    await client.hset("h", { x: 1, y: 2 });
    assert.deepEqual(await client.hgetall("h"), { x: "1", y: "2" });
    const done = await client.multi().set("m", 1).incr("m").exec();
    assert.deepEqual(done, [[null, "OK"], [null, 2]]);
    assert.equal(await client.get("m"), "2");
    const subscriber = new Redis(Number(port));
    const heard = new Promise((resolve) => subscriber.on("message", (_, text) => resolve(text)));
    assert.equal(await subscriber.subscribe("news"), 1);
    await client.publish("news", "hi");
    assert.equal(await heard, "hi");
    subscriber.disconnect();
  } else {
    await assert.rejects(client.hset("h", "x", 1), /hset/);
  }
  client.disconnect();
  console.log("all is well");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
