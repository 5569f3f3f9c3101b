// Writes the table by which sessiond knows which characters join into one cell and how wide they are (`src/screen/clusters.bin`), read out of
// the package that the page uses. Entries of four bytes, little endian: a range's first character times 256, and the property of all of it.
//
// `node clusters.mjs PATH` writes it to PATH.
import { writeFileSync } from 'node:fs';
import { UnicodeGraphemesAddon } from './graphemes.mjs';

const providers = [];
new UnicodeGraphemesAddon().activate({ unicode: { activeVersion: '6', register: (provider) => providers.push(provider) } });
const provider = providers.find(({ version }) => version === '15-graphemes');

/** The kind of cluster and the class of width of a character. `charProperties` hands the table's value on, times eight, if nothing precedes. */
const property = (codePoint) => (provider.charProperties(codePoint, 0) >> 3) & 0x3f;

const entries = [];
let last = -1;
for (let codePoint = 0; codePoint < 0x110000; codePoint += 1) {
  const value = codePoint >= 0x20 && codePoint < 0x7f ? 0 : property(codePoint);
  if (value !== last) entries.push((codePoint << 8) | value);
  last = value;
}
const bytes = new Uint8Array(entries.length * 4);
const view = new DataView(bytes.buffer);
entries.forEach((entry, index) => view.setUint32(index * 4, entry, true));
writeFileSync(process.argv[2], bytes);
