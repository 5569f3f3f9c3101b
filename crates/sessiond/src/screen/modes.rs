//! The modes that a program may set, reset and ask for.

use super::charsets::Charset;
use super::machine::Machine;

/// What of the mouse a program is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mouse {
    #[default]
    Nothing,
    X10,
    Clicks,
    Drags,
    Everything,
}

impl Mouse {
    fn numbered(mode: u16) -> Option<Self> {
        match mode {
            9 => Some(Self::X10),
            1000 => Some(Self::Clicks),
            1002 => Some(Self::Drags),
            1003 => Some(Self::Everything),
            _ => None,
        }
    }

    pub(crate) fn number(self) -> Option<u16> {
        match self {
            Self::Nothing => None,
            Self::X10 => Some(9),
            Self::Clicks => Some(1000),
            Self::Drags => Some(1002),
            Self::Everything => Some(1003),
        }
    }
}

/// How it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum MouseEncoding {
    #[default]
    Bytes,
    Sgr,
    SgrPixels,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Modes {
    pub(crate) cursor_keys: bool,
    pub(crate) keypad: bool,
    pub(crate) origin: bool,
    pub(crate) wraparound: bool,
    pub(crate) reverse_wraparound: bool,
    pub(crate) bracketed_paste: bool,
    pub(crate) focus: bool,
    pub(crate) insert: bool,
    pub(crate) line_feed_returns: bool,
    pub(crate) cursor_hidden: bool,
    /// A synchronised update is under way. It is parsed as it comes: nobody watches this screen.
    pub(crate) synchronised: bool,
    pub(crate) blink: bool,
    pub(crate) mouse: Mouse,
    pub(crate) mouse_encoding: MouseEncoding,
    /// By its number in `CSI n SP q`; `None` where the program did not choose.
    pub(crate) cursor_style: Option<u16>,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            cursor_keys: false,
            keypad: false,
            origin: false,
            wraparound: true,
            reverse_wraparound: false,
            bracketed_paste: false,
            focus: false,
            insert: false,
            line_feed_returns: false,
            cursor_hidden: false,
            synchronised: false,
            blink: false,
            mouse: Mouse::Nothing,
            mouse_encoding: MouseEncoding::Bytes,
            cursor_style: None,
        }
    }
}

impl Modes {
    /// What `ESC c` resets.
    pub(super) fn reset_all(&mut self) {
        *self = Self {
            line_feed_returns: self.line_feed_returns,
            blink: self.blink,
            cursor_hidden: self.cursor_hidden,
            ..Self::default()
        };
    }

    /// What `CSI ! p` resets.
    pub(super) fn reset_soft(&mut self) {
        *self = Self {
            line_feed_returns: self.line_feed_returns,
            blink: self.blink,
            mouse: self.mouse,
            mouse_encoding: self.mouse_encoding,
            ..Self::default()
        };
    }

    /// The private modes that are just on or off.
    fn switch(&mut self, mode: u16) -> Option<&mut bool> {
        Some(match mode {
            1 => &mut self.cursor_keys,
            7 => &mut self.wraparound,
            12 => &mut self.blink,
            45 => &mut self.reverse_wraparound,
            66 => &mut self.keypad,
            1004 => &mut self.focus,
            2004 => &mut self.bracketed_paste,
            2026 => &mut self.synchronised,
            _ => return None,
        })
    }
}

impl Machine {
    pub(super) fn set_mode(&mut self, mode: u16, on: bool) {
        match mode {
            4 => self.modes.insert = on,
            20 => self.modes.line_feed_returns = on,
            _ => {}
        }
    }

    pub(super) fn set_private_mode(&mut self, mode: u16) {
        match mode {
            2 => (0..4).for_each(|slot| self.charsets.designate(slot, Charset::ASCII)),
            6 => {
                self.modes.origin = true;
                self.go_to(0, 0);
            }
            25 => self.modes.cursor_hidden = false,
            47 | 1047 => self.enter_alternate(),
            1006 => self.modes.mouse_encoding = MouseEncoding::Sgr,
            1016 => self.modes.mouse_encoding = MouseEncoding::SgrPixels,
            1048 => self.save_cursor(),
            1049 => {
                self.save_cursor();
                self.enter_alternate();
            }
            mode => {
                if let Some(mouse) = Mouse::numbered(mode) {
                    self.modes.mouse = mouse;
                } else if let Some(switch) = self.modes.switch(mode) {
                    *switch = true;
                }
            }
        }
    }

    pub(super) fn reset_private_mode(&mut self, mode: u16) {
        match mode {
            6 => {
                self.modes.origin = false;
                self.go_to(0, 0);
            }
            25 => self.modes.cursor_hidden = true,
            47 | 1047 => self.leave_alternate(),
            1006 | 1016 => self.modes.mouse_encoding = MouseEncoding::Bytes,
            1048 => self.restore_cursor(),
            1049 => {
                self.leave_alternate();
                self.restore_cursor();
            }
            mode => {
                // The end of one mouse mode is the end of all: there is only one at a time.
                if Mouse::numbered(mode).is_some() {
                    self.modes.mouse = Mouse::Nothing;
                } else if let Some(switch) = self.modes.switch(mode) {
                    *switch = false;
                }
            }
        }
    }

    /// `CSI $ p`: 1 is on, 2 off, 3 always on, 4 always off, 0 unknown.
    pub(super) fn report_mode(&mut self, mode: u16) {
        let value = match mode {
            2 => 4,
            4 => on_or_off(self.modes.insert),
            12 => 3,
            20 => on_or_off(self.modes.line_feed_returns),
            _ => 0,
        };
        self.answer(format!("\x1b[{mode};{value}$y"));
    }

    /// `CSI ? $ p`.
    pub(super) fn report_private_mode(&mut self, mode: u16) {
        let value = match mode {
            6 => on_or_off(self.modes.origin),
            8 => 3,
            1048 => 1,
            25 => on_or_off(!self.modes.cursor_hidden),
            47 | 1047 | 1049 => on_or_off(self.in_alternate),
            67 | 1005 | 1015 => 4,
            1006 => on_or_off(self.modes.mouse_encoding == MouseEncoding::Sgr),
            1016 => on_or_off(self.modes.mouse_encoding == MouseEncoding::SgrPixels),
            mode => match (Mouse::numbered(mode), self.modes.switch(mode)) {
                (Some(mouse), _) => on_or_off(self.modes.mouse == mouse),
                (None, Some(switch)) => on_or_off(*switch),
                (None, None) => 0,
            },
        };
        self.answer(format!("\x1b[?{mode};{value}$y"));
    }
}

fn on_or_off(on: bool) -> u8 {
    if on { 1 } else { 2 }
}
