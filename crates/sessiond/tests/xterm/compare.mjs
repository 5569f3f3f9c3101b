// Compares screens with the browser's emulator: sessiond's own, told in the words of `screen/seen.rs`, and one that was written a snapshot.
//
// Input (standard input): JSON, a list of {name, cols, rows, before, ours, dirt, snapshot, after, end}. `before` and `after` are steps: each
// is bytes in base64, or [columns, rows]. `ours` and `end` are sessiond's screen before and after `after`. `dirt` is written to the
// emulator that gets the snapshot beforehand: a repaint must not depend on what was there.
// Output: JSON, a list of {name, when, differences}, empty where all are alike.
import headless from '@xterm/headless';
import { UnicodeGraphemesAddon } from './graphemes.mjs';

const { Terminal } = headless;
const SCROLLBACK = 3000;
const PRINTABLE = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n));

function terminal({ cols, rows }) {
  const term = new Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true });
  // As the page has it.
  term.loadAddon(new UnicodeGraphemesAddon());
  term.onTitleChange((title) => { term.shownTitle = title; });
  return term;
}

/** Where the last character begins, if `bytes` end in the middle of it; their length otherwise. */
function wholeUntil(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte >= 0xc0) return bytes.length - (back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0);
    if (byte < 0x80) break;
  }
  return bytes.length;
}

/** Writes whole characters, as the page does: xterm.js loses some that are cut in two. */
function write(term, text) {
  const bytes = Buffer.concat([term.begun ?? Buffer.alloc(0), Buffer.from(text, 'base64')]);
  const until = wholeUntil(bytes);
  term.begun = bytes.subarray(until);
  return new Promise((done) => { term.write(bytes.subarray(0, until), done); });
}

async function take(term, steps) {
  for (const step of steps) {
    if (typeof step === 'string') await write(term, step);
    else term.resize(...step);
  }
}

const hex = (value) => value.toString(16).padStart(6, '0');

/** A colour by its mode and value. */
function colour(mode, value) {
  switch (mode) {
    case 0x1000000: return `16/${value}`;
    case 0x2000000: return `256/${value}`;
    case 0x3000000: return `rgb/${hex(value)}`;
    default: return '';
  }
}

function underlineColour(data) {
  const value = data.extended?.underlineColor ?? -1;
  if (value === -1) return '';
  const mode = value & 0x3000000;
  return colour(mode, mode === 0x3000000 ? value & 0xffffff : value & 0xff);
}

/** How a cell looks; what cannot be seen is left out. */
function looks(term, data, blank) {
  const found = [];
  const flag = (name, on) => { if (on) found.push(name); };
  flag('inverse', data.isInverse());
  flag('strike', data.isStrikethrough());
  flag('overline', data.isOverline());
  const underlined = data.isUnderline();
  if (underlined) {
    found.push(`underline${data.extended?.underlineStyle || 1}`);
    const line = underlineColour(data);
    flag(`uc${line}`, line !== '');
  }
  if (!blank || underlined || data.isInverse() || data.isStrikethrough() || data.isOverline()) {
    flag('bold', data.isBold());
    flag('dim', data.isDim());
    flag('italic', data.isItalic());
    flag('hidden', data.isInvisible());
    flag('blink', data.isBlink());
    if (!data.isFgDefault()) found.push(`fg${colour(data.getFgColorMode(), data.getFgColor())}`);
  }
  if (!data.isBgDefault()) found.push(`bg${colour(data.getBgColorMode(), data.getBgColor())}`);
  const link = data.extended?.urlId && term._core._oscLinkService.getLinkData(data.extended.urlId);
  if (link) found.push(`link=${link.uri}`);
  return found.join();
}

function lines(term, buffer) {
  const all = [];
  for (let y = 0; y < buffer.length; y += 1) {
    const line = buffer.getLine(y);
    let text = '';
    let last = '';
    let before = 1;
    for (let x = 0; x < term.cols; x += 1) {
      const data = line.getCell(x);
      const width = data.getWidth();
      // A second half without its first one is a blank to the eye.
      if (width === 0 && before === 2) { before = 0; continue; }
      before = width;
      const chars = data.getChars() || ' ';
      const look = looks(term, data, chars === ' ');
      if (look !== last) text += `{${look}}`;
      last = look;
      text += chars + (width === 2 ? '#' : '');
    }
    const continued = y > 0 && line.isWrapped ? '↪' : '';
    all.push(continued + (last ? text : text.replace(/ +$/, '')));
  }
  return all;
}

function state(term) {
  const core = term._core;
  const internal = core.buffer;
  const active = term.buffer.active;
  const { modes, decPrivateModes: dec } = core.coreService;
  const mouse = core.coreMouseService;
  return {
    type: active.type,
    cursor: [active.cursorX, active.cursorY],
    history: term.buffer.normal.baseY,
    modes: [
      dec.applicationCursorKeys, dec.applicationKeypad, dec.bracketedPasteMode, modes.insertMode, dec.origin, dec.reverseWraparound,
      dec.sendFocus, dec.wraparound, dec.synchronizedOutput, term.options.convertEol,
    ],
    hidden: core.coreService.isCursorHidden,
    style: [dec.cursorStyle ?? null, dec.cursorBlink ?? null],
    mouse: [mouse.activeProtocol, mouse.activeEncoding],
    region: [internal.scrollTop, internal.scrollBottom],
    tabs: Object.keys(internal.tabs).map(Number).filter((x) => internal.tabs[x] && x < term.cols),
    charset: PRINTABLE.map((c) => (core._charsetService.charset?.[c] ?? c)[0]).join(''),
    saved: [internal.savedX, Math.min(Math.max(internal.savedY - internal.ybase, 0), term.rows - 1)],
    title: term.shownTitle ?? '',
    look: looks(term, core._inputHandler._curAttrData, false),
    normal: lines(term, term.buffer.normal),
    alternate: active.type === 'alternate' ? lines(term, active) : [],
  };
}

function differences(expected, actual) {
  const found = [];
  for (const key of Object.keys(expected)) {
    if (key === 'normal' || key === 'alternate') {
      const length = Math.max(expected[key].length, actual[key].length);
      if (expected[key].length !== actual[key].length) {
        found.push(`${key}: ${expected[key].length} lines, not ${actual[key].length}`);
      }
      for (let y = 0; y < length && found.length < 6; y += 1) {
        if (expected[key][y] !== actual[key][y]) {
          found.push(`${key} ${y}: ${JSON.stringify(expected[key][y])}\n      got ${JSON.stringify(actual[key][y])}`);
        }
      }
    } else if (JSON.stringify(expected[key]) !== JSON.stringify(actual[key])) {
      found.push(`${key}: ${JSON.stringify(expected[key])}, got ${JSON.stringify(actual[key])}`);
    }
  }
  return found;
}

/** What no repaint can hold, and what is not on the screen: as `forget_beyond_edge` of `screen/seen.rs`. */
function forgetBeyondEdge(term) {
  const { normal, alt } = term._core.buffers;
  for (const buffer of [normal, alt]) {
    for (const column of Object.keys(buffer.tabs)) if (column >= term.cols) delete buffer.tabs[column];
    buffer.savedX = Math.min(buffer.savedX, term.cols - 1);
    buffer.savedY = buffer.savedY < buffer.ybase ? 0 : Math.min(buffer.savedY, buffer.ybase + term.rows - 1);
    for (let y = 0; y < buffer.lines.length; y += 1) {
      const line = buffer.lines.get(y);
      if (y === 0) line.isWrapped = false;
      if (buffer === alt) line.resize(term.cols, alt.getNullCell());
      for (let x = 0; x < term.cols; x += 1) {
        const half = line.getWidth(x) === 2 && (x + 1 === term.cols || line.getWidth(x + 1) !== 0);
        if (half) line.setCell(x, buffer.getNullCell());
      }
    }
  }
}

let input = '';
process.stdin.setEncoding('utf8');
for await (const chunk of process.stdin) input += chunk;
const report = [];
for (const item of JSON.parse(input)) {
  const [program, repainted] = [terminal(item), terminal(item)];
  const check = (when, expected, actual) => {
    const found = differences(expected, actual);
    if (found.length) report.push({ name: item.name, when, differences: found });
    return found.length === 0;
  };
  await take(program, item.before);
  forgetBeyondEdge(program);
  await write(repainted, item.dirt);
  repainted.resize(program.cols, program.rows);
  await write(repainted, item.snapshot);
  if (check('sessiond at the cut', state(program), item.ours) && check('the repaint', state(program), state(repainted))) {
    await take(program, item.after);
    await take(repainted, item.after);
    if (check('sessiond at the end', state(program), item.end)) check('the repaint at the end', state(program), state(repainted));
  }
  program.dispose();
  repainted.dispose();
}
process.stdout.write(JSON.stringify(report));
