// Replaces every text file of the built page by its gzip form, which is what the server embeds and sends as it is.
// Level 9 and no time stamp: the same input gives the same bytes.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";

const folder = new URL("../dist/", import.meta.url).pathname;
const text = new Set([".js", ".css", ".html", ".svg", ".md"]);

let before = 0;
let after = 0;
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const body = readFileSync(path);
  before += body.length;
  if (!text.has(extname(path))) {
    after += body.length;
    continue;
  }
  const packed = gzipSync(body, { level: 9 });
  writeFileSync(`${path}.gz`, packed);
  rmSync(path);
  after += packed.length;
}
console.log(`${(before / 1e6).toFixed(2)} MB built, ${(after / 1e6).toFixed(2)} MB embedded`);
