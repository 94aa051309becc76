// `pouchdb.js serve FOLDER`, or `pouchdb.js load|take FOLDER URL RECORDS`.
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");
// from the run's own folder first, whatever stands above this file
const installed = require("module").createRequire(process.env.NODE_PATH + path.sep);
const PouchDB = installed("pouchdb");

const [what, folder, url, records] = process.argv.slice(2);
fs.mkdirSync(folder, { recursive: true });
const say = (told) => console.log(JSON.stringify(told));

function serve() {
  const app = installed("express")();
  const stores = PouchDB.defaults({ prefix: folder + path.sep });
  const options = {
    mode: "minimumForPouchDB",
    inMemoryConfig: true,
    logPath: path.join(folder, "log.txt"),
  };
  app.use("/", installed("express-pouchdb")(stores, options));
  const listener = app.listen(0, "127.0.0.1", () => say({ port: listener.address().port }));
}

async function work() {
  const store = new PouchDB(path.join(folder, "store"));
  if (what === "load") {
    const lines = fs.readFileSync(records, "utf8").trim().split("\n");
    while (lines.length) {
      const batch = lines.splice(0, 1000).map((line) => {
        const { id, record } = JSON.parse(line);
        return { _id: id, ...record };
      });
      await store.bulkDocs(batch);
    }
  }
  // the database above exists before the time is taken
  await new PouchDB(url).info();
  const ways = { up: () => store.replicate.to(url), down: () => store.replicate.from(url), both: () => store.sync(url) };
  say({ ready: true });
  for await (const word of readline.createInterface({ input: process.stdin })) {
    const began = performance.now();
    let fault = "";
    try {
      await ways[word.trim()]();
    } catch (error) {
      fault = String(error.message || error);
    }
    const seconds = (performance.now() - began) / 1000;
    say({ seconds, fault, held: (await store.info()).doc_count });
  }
}

if (what === "serve") serve();
else work();
