// Compares screens in the browser's emulator: one that was written the program's bytes, one that was written a snapshot.
//
// Input (standard input): JSON, a list of {name, cols, rows, before, snapshot, after}, the last three in base64.
// Output: JSON, a list of {name, when, differences}, empty where all are alike.
import headless from '@xterm/headless';
import unicode11 from '@xterm/addon-unicode11';

const { Terminal } = headless;
const { Unicode11Addon } = unicode11;
const SCROLLBACK = 3000;

function terminal({ cols, rows }) {
  const term = new Terminal({ cols, rows, scrollback: SCROLLBACK, allowProposedApi: true });
  term.loadAddon(new Unicode11Addon());
  term.unicode.activeVersion = '11';
  term.onTitleChange((title) => { term.shownTitle = title; });
  return term;
}

const write = (term, bytes) => new Promise((done) => term.write(bytes, done));

/** A cell's characters and looks; what cannot be seen is left out. */
function cell(term, data) {
  const chars = data.getChars() || ' ';
  const blank = chars === ' ';
  const looks = [];
  const flag = (name, on) => { if (on) looks.push(name); };
  flag('inverse', data.isInverse());
  flag('strike', data.isStrikethrough());
  if (data.isUnderline()) {
    looks.push(`underline${data.extended?.underlineStyle || 1}`);
    if (data.isUnderlineColorDefault && !data.isUnderlineColorDefault()) {
      looks.push(`uc${data.getUnderlineColorMode()}/${data.getUnderlineColor()}`);
    }
  }
  if (!blank || data.isInverse() || data.isUnderline() || data.isStrikethrough()) {
    flag('bold', data.isBold());
    flag('dim', data.isDim());
    flag('italic', data.isItalic());
    flag('hidden', data.isInvisible());
    if (!data.isFgDefault()) looks.push(`fg${data.getFgColorMode()}/${data.getFgColor()}`);
  }
  if (!data.isBgDefault()) looks.push(`bg${data.getBgColorMode()}/${data.getBgColor()}`);
  const link = data.extended?.urlId && term._core._oscLinkService.getLinkData(data.extended.urlId);
  if (link) looks.push(`link=${link.uri}`);
  return [`${chars}${data.getWidth() === 2 ? '#' : ''}`, looks.join()];
}

function lines(term, buffer) {
  const all = [];
  for (let y = 0; y < buffer.length; y += 1) {
    const line = buffer.getLine(y);
    let text = '';
    let last = '';
    for (let x = 0; x < term.cols; x += 1) {
      const data = line.getCell(x);
      if (data.getWidth() === 0) continue;
      const [chars, looks] = cell(term, data);
      if (looks !== last) text += `{${looks}}`;
      last = looks;
      text += chars;
    }
    all.push(last ? text : text.replace(/ +$/, ''));
  }
  return all;
}

/** The look of the next character. */
function look(data) {
  const colour = (mode, value) => [mode, mode === 0x3000000 ? value : value & 0xff];
  return [
    colour(data.getFgColorMode(), data.getFgColor()), colour(data.getBgColorMode(), data.getBgColor()),
    data.isBold(), data.isDim(), data.isItalic(), !!data.isUnderline(), data.isInverse(), data.isInvisible(),
    data.isStrikethrough(), data.isUnderline() && (data.extended?.underlineStyle || 1),
  ].map(String);
}

function state(term) {
  const core = term._core;
  const internal = core.buffer;
  const active = term.buffer.active;
  return {
    type: active.type,
    cursor: [active.cursorX, active.cursorY],
    base: active.baseY,
    modes: term.modes,
    hidden: core.coreService.isCursorHidden,
    style: [core.coreService.decPrivateModes.cursorStyle, core.coreService.decPrivateModes.cursorBlink],
    mouse: [core.coreMouseService?.activeProtocol, core.coreMouseService?.activeEncoding],
    region: [internal.scrollTop, internal.scrollBottom],
    tabs: Object.keys(internal.tabs).filter((x) => internal.tabs[x] && x < term.cols),
    charset: [core._charsetService.glevel, core._charsetService.charset ? 'graphics' : 'ascii'],
    title: term.shownTitle ?? '',
    look: look(core._inputHandler._curAttrData),
    normal: lines(term, term.buffer.normal),
    alternate: active.type === 'alternate' ? lines(term, active) : [],
  };
}

function differences(expected, actual) {
  const found = [];
  for (const key of Object.keys(expected)) {
    if (Array.isArray(expected[key]) && (key === 'normal' || key === 'alternate')) {
      const length = Math.max(expected[key].length, actual[key].length);
      if (expected[key].length !== actual[key].length) {
        found.push(`${key}: ${expected[key].length} lines, the snapshot has ${actual[key].length}`);
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

let input = '';
for await (const chunk of process.stdin) input += chunk;
const report = [];
for (const item of JSON.parse(input)) {
  const [program, snapshot] = [terminal(item), terminal(item)];
  const bytes = (text) => Buffer.from(text, 'base64');
  await write(program, bytes(item.before));
  await write(snapshot, bytes(item.snapshot));
  for (const when of ['at the cut', 'at the end']) {
    const found = differences(state(program), state(snapshot));
    if (found.length) report.push({ name: item.name, when, differences: found });
    if (when === 'at the end' || found.length) break;
    await write(program, bytes(item.after));
    await write(snapshot, bytes(item.after));
  }
  program.dispose();
  snapshot.dispose();
}
process.stdout.write(JSON.stringify(report));
