// The page's addon for characters that are one to the eye, as the page has it. Where there is Node's `Buffer`, the package takes its table
// out of a pool as if the pool began there, and knows no character beyond the first 65,536; a browser has none, and reads it rightly.
const { Buffer } = globalThis;
delete globalThis.Buffer;
const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes/lib/addon-unicode-graphemes.mjs');
globalThis.Buffer = Buffer;

export { UnicodeGraphemesAddon };
