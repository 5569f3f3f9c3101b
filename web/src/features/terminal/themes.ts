// The terminal's colour themes. `auto` follows the page's appearance.
import type { ITheme } from '@xterm/xterm'

export interface TerminalTheme {
  id: string
  title: string
  tone: 'dark' | 'light'
  colors: Required<
    Pick<ITheme, 'background' | 'foreground' | 'cursor' | 'selectionBackground'>
  > & { ansi: readonly string[] }
}

/** The sixteen colours as one line: black red green yellow blue magenta cyan white, then the bright ones. */
const ansi = (line: string): readonly string[] => line.split(' ').map((hex) => `#${hex}`)

export const themes: readonly TerminalTheme[] = [
  {
    id: 'longhouse-night',
    title: 'Longhouse Night',
    tone: 'dark',
    colors: {
      background: '#0e1110',
      foreground: '#dfe4de',
      cursor: '#f2894b',
      selectionBackground: '#3a4741',
      ansi: ansi(
        '1c2220 e8716a 7fbf8e e0b25f 7aa9dd c493cf 6fbdb5 c9d0ca 69756f f58f86 9bd6a8 f0cb84 9cc3f0 d9b0e2 92d6ce f2f5f1',
      ),
    },
  },
  {
    id: 'longhouse-day',
    title: 'Longhouse Day',
    tone: 'light',
    colors: {
      background: '#fdfdfb',
      foreground: '#1c2420',
      cursor: '#c2511a',
      selectionBackground: '#d5ddd3',
      ansi: ansi(
        '1c2420 b3362c 24734a 8a5a00 2560a8 86429a 17716e 6c766f 59645d cf4a3f 2f8a5b a06c0a 3a78c4 a05ab4 22898a 39433d',
      ),
    },
  },
  {
    id: 'tokyo-night',
    title: 'Tokyo Night',
    tone: 'dark',
    colors: {
      background: '#1a1b26',
      foreground: '#c0caf5',
      cursor: '#c0caf5',
      selectionBackground: '#33467c',
      ansi: ansi(
        '15161e f7768e 9ece6a e0af68 7aa2f7 bb9af7 7dcfff a9b1d6 565f89 f7768e 9ece6a e0af68 7aa2f7 bb9af7 7dcfff c0caf5',
      ),
    },
  },
  {
    id: 'catppuccin-mocha',
    title: 'Catppuccin Mocha',
    tone: 'dark',
    colors: {
      background: '#1e1e2e',
      foreground: '#cdd6f4',
      cursor: '#f5e0dc',
      selectionBackground: '#45475a',
      ansi: ansi(
        '45475a f38ba8 a6e3a1 f9e2af 89b4fa f5c2e7 94e2d5 bac2de 6c7086 f38ba8 a6e3a1 f9e2af 89b4fa f5c2e7 94e2d5 a6adc8',
      ),
    },
  },
  {
    id: 'gruvbox-dark',
    title: 'Gruvbox Dark',
    tone: 'dark',
    colors: {
      background: '#282828',
      foreground: '#ebdbb2',
      cursor: '#fe8019',
      selectionBackground: '#504945',
      ansi: ansi(
        '282828 cc241d 98971a d79921 458588 b16286 689d6a a89984 928374 fb4934 b8bb26 fabd2f 83a598 d3869b 8ec07c ebdbb2',
      ),
    },
  },
  {
    id: 'nord',
    title: 'Nord',
    tone: 'dark',
    colors: {
      background: '#2e3440',
      foreground: '#d8dee9',
      cursor: '#d8dee9',
      selectionBackground: '#4c566a',
      ansi: ansi(
        '3b4252 bf616a a3be8c ebcb8b 81a1c1 b48ead 88c0d0 e5e9f0 616e88 bf616a a3be8c ebcb8b 81a1c1 b48ead 8fbcbb eceff4',
      ),
    },
  },
  {
    id: 'solarized-light',
    title: 'Solarized Light',
    tone: 'light',
    colors: {
      background: '#fdf6e3',
      foreground: '#586e75',
      cursor: '#cb4b16',
      selectionBackground: '#e6dfc8',
      ansi: ansi(
        '073642 dc322f 6c7a00 9a7400 1f6fb5 d33682 1f827a 657b83 586e75 cb4b16 586e75 657b83 5f7a85 6c71c4 5f7d80 073642',
      ),
    },
  },
  {
    id: 'github-light',
    title: 'GitHub Light',
    tone: 'light',
    colors: {
      background: '#ffffff',
      foreground: '#1f2328',
      cursor: '#0969da',
      selectionBackground: '#bfdcff',
      ansi: ansi(
        '24292f cf222e 116329 7d4e00 0969da 8250df 1b7c83 6e7781 57606a a40e26 1a7f37 633c01 218bff a475f9 3192aa 424a53',
      ),
    },
  },
]

export const AUTO_THEME = 'auto'

export function themeFor(id: string, appearance: 'dark' | 'light'): TerminalTheme {
  const fallback = appearance === 'dark' ? 'longhouse-night' : 'longhouse-day'
  const found = themes.find((theme) => theme.id === id) ?? themes.find((theme) => theme.id === fallback)
  if (found === undefined) throw new Error(`no terminal theme ${fallback}`)
  return found
}

const ANSI_NAMES = [
  'black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white',
  'brightBlack', 'brightRed', 'brightGreen', 'brightYellow', 'brightBlue', 'brightMagenta', 'brightCyan', 'brightWhite',
] as const

export function xtermTheme(theme: TerminalTheme): ITheme {
  const { ansi: colors, ...base } = theme.colors
  // The slider is a hint, not a wall: the text's colour, mostly transparent.
  const slider = (opacity: string): string => `${base.foreground}${opacity}`
  const result: ITheme = {
    ...base,
    cursorAccent: base.background,
    overviewRulerBorder: '#00000000',
    scrollbarSliderBackground: slider('1f'),
    scrollbarSliderHoverBackground: slider('3d'),
    scrollbarSliderActiveBackground: slider('5c'),
  }
  ANSI_NAMES.forEach((name, index) => {
    const color = colors[index]
    if (color !== undefined) result[name] = color
  })
  return result
}
