//! The terminal emulator behind a parsed screen: alacritty's, with what it keeps private kept beside it, and bent where it would not look
//! like the emulator in the browser.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::{Cursor, Dimensions};
use alacritty_terminal::index::Line;
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, NamedMode, NamedPrivateMode, PrivateMode, Rgb,
    StandardCharset, TabulationClearMode, Timeout,
};
use longhouse_domain::terminal::TerminalSize;

/// The most bytes of a title that are kept: titles are for tabs, and a program may send megabytes.
const TITLE_BYTES: usize = 1024;

/// The oldest mouse mode.
const X10_MOUSE: u16 = 9;

/// The mouse modes that alacritty knows.
const MOUSE_MODES: [NamedPrivateMode; 3] = [
    NamedPrivateMode::ReportMouseClicks,
    NamedPrivateMode::ReportCellMouseMotion,
    NamedPrivateMode::ReportAllMouseMotion,
];

/// Private modes that alacritty does not know and the browser's emulator does: reverse wrap-around, urxvt and pixel mouse.
const EXTRA_MODES: [u16; 3] = [45, 1015, 1016];

/// The tab stops of a fresh terminal stand this far apart.
const TAB_WIDTH: usize = 8;

/// Answers that the program asked for (device attributes, cursor position), waiting to be written to it.
#[derive(Clone, Default)]
pub(crate) struct Answers(Arc<Mutex<Vec<String>>>);

impl Answers {
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(text) = event {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(text);
        }
    }
}

/// A size in the form that alacritty takes.
#[derive(Clone, Copy)]
pub(crate) struct Cells(pub(crate) TerminalSize);

impl Dimensions for Cells {
    fn total_lines(&self) -> usize {
        self.screen_lines()
    }
    fn screen_lines(&self) -> usize {
        self.0.rows.into()
    }
    fn columns(&self) -> usize {
        self.0.cols.into()
    }
}

/// Synchronised updates are parsed as they come: a snapshot must stand for every byte up to its offset, and nobody watches this screen.
#[derive(Default)]
pub(crate) struct Immediately;

impl Timeout for Immediately {
    fn set_timeout(&mut self, _: Duration) {}
    fn clear_timeout(&mut self) {}
    fn pending_timeout(&self) -> bool {
        false
    }
}

/// The emulator's whole state.
pub(crate) struct Machine {
    pub(crate) term: Term<Answers>,
    /// First and last line of the scroll region, from 1; `None` where it is the whole screen.
    pub(crate) region: Option<(usize, usize)>,
    pub(crate) tabs: Vec<bool>,
    pub(crate) charset: CharsetIndex,
    /// What the program chose; `None` where it did not.
    pub(crate) cursor_style: Option<CursorStyle>,
    pub(crate) title: Option<String>,
    pub(crate) extra_modes: BTreeSet<u16>,
    /// A synchronised update is under way.
    pub(crate) synchronised: bool,
    /// Line feeds that scrolled the screen's top away, ever.
    pub(crate) scrolled: u64,
}

impl Machine {
    pub(crate) fn new(size: TerminalSize, scrollback: usize, answers: Answers) -> Self {
        let config = Config {
            scrolling_history: scrollback,
            ..Config::default()
        };
        Self {
            term: Term::new(config, &Cells(size), answers),
            region: None,
            tabs: default_tabs(0, size.cols.into()).collect(),
            charset: CharsetIndex::default(),
            cursor_style: None,
            title: None,
            extra_modes: BTreeSet::new(),
            synchronised: false,
            scrolled: 0,
        }
    }

    pub(crate) fn resize(&mut self, size: TerminalSize) {
        self.term.resize(Cells(size));
        self.region = None;
        let columns = usize::from(size.cols);
        let old = self.tabs.len();
        self.tabs.truncate(columns);
        self.tabs.extend(default_tabs(old, columns));
    }

    pub(crate) fn in_alternate_screen(&self) -> bool {
        self.term.mode().contains(TermMode::ALT_SCREEN)
    }

    /// Whether the tab stops are those of a fresh terminal.
    pub(crate) fn has_default_tabs(&self) -> bool {
        self.tabs
            .iter()
            .copied()
            .eq(default_tabs(0, self.tabs.len()))
    }

    /// `CSI ! p`, which alacritty does not know.
    pub(crate) fn soft_reset(&mut self) {
        let cursor = self.term.grid().cursor.point;
        for mode in [
            NamedPrivateMode::CursorKeys,
            NamedPrivateMode::Origin,
            NamedPrivateMode::BracketedPaste,
            NamedPrivateMode::ReportFocusInOut,
        ] {
            self.unset_private_mode(mode.into());
        }
        self.set_private_mode(NamedPrivateMode::ShowCursor.into());
        self.set_private_mode(NamedPrivateMode::LineWrap.into());
        self.unset_mode(NamedMode::Insert.into());
        self.unset_keypad_application_mode();
        self.set_scrolling_region(1, None);
        self.terminal_attribute(Attr::Reset);
        for index in [
            CharsetIndex::G0,
            CharsetIndex::G1,
            CharsetIndex::G2,
            CharsetIndex::G3,
        ] {
            self.configure_charset(index, StandardCharset::Ascii);
        }
        self.set_active_charset(CharsetIndex::G0);
        let grid = self.term.grid_mut();
        grid.cursor.point = cursor;
        grid.saved_cursor = Cursor::default();
    }

    /// Moves the lines from `top` up by `rows`, to the end of the scroll region. alacritty would push those at the screen's top into the
    /// history, which the browser's emulator does only when text scrolls.
    fn shift_up(&mut self, top: i32, rows: usize) {
        let lines = i32::try_from(self.term.screen_lines()).unwrap_or(i32::MAX);
        let end = self
            .region
            .map_or(lines, |(_, last)| i32::try_from(last).unwrap_or(lines));
        let rows = i32::try_from(rows).unwrap_or(i32::MAX).min(end - top);
        let grid = self.term.grid_mut();
        for line in top..end - rows {
            grid[Line(line)] = grid[Line(line + rows)].clone();
        }
        grid.reset_region(Line(end - rows)..Line(end));
    }

    /// The lines that scroll, from 0.
    fn region_lines(&self) -> std::ops::Range<usize> {
        let lines = self.term.screen_lines();
        self.region
            .map_or(0..lines, |(first, last)| first - 1..last)
    }

    fn forget_mouse(&mut self) {
        self.extra_modes.remove(&X10_MOUSE);
        for mode in MOUSE_MODES {
            Handler::unset_private_mode(&mut self.term, mode.into());
        }
    }

    fn column(&self) -> usize {
        self.term.grid().cursor.point.column.0
    }
}

fn default_tabs(from: usize, to: usize) -> impl Iterator<Item = bool> {
    (from..to).map(|column| column % TAB_WIDTH == 0)
}

/// Modes for which programs use several numbers. Alternate screens without cursor saving are treated as the one with.
fn known(mode: PrivateMode) -> PrivateMode {
    match mode {
        PrivateMode::Unknown(47 | 1047) => NamedPrivateMode::SwapScreenAndSetRestoreCursor.into(),
        other => other,
    }
}

/// Methods that only pass on.
macro_rules! pass_on {
    ($($name:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $name(&mut self, $($argument: $type),*) {
            Handler::$name(&mut self.term, $($argument),*);
        }
    )*};
}

impl Handler for Machine {
    pass_on! {
        input(c: char);
        goto(line: i32, column: usize);
        goto_line(line: i32);
        goto_col(column: usize);
        insert_blank(count: usize);
        move_up(rows: usize);
        move_down(rows: usize);
        identify_terminal(intermediate: Option<char>);
        device_status(argument: usize);
        move_forward(columns: usize);
        move_backward(columns: usize);
        move_down_and_cr(rows: usize);
        move_up_and_cr(rows: usize);
        backspace();
        carriage_return();
        newline();
        substitute();
        scroll_down(rows: usize);
        erase_chars(count: usize);
        delete_chars(count: usize);
        move_backward_tabs(count: u16);
        move_forward_tabs(count: u16);
        save_cursor_position();
        restore_cursor_position();
        clear_line(mode: LineClearMode);
        reverse_index();
        terminal_attribute(attribute: Attr);
        set_mode(mode: Mode);
        unset_mode(mode: Mode);
        report_mode(mode: Mode);
        report_private_mode(mode: PrivateMode);
        set_keypad_application_mode();
        unset_keypad_application_mode();
        configure_charset(index: CharsetIndex, charset: StandardCharset);
        set_color(index: usize, color: Rgb);
        reset_color(index: usize);
        decaln();
        set_hyperlink(link: Option<Hyperlink>);
        report_keyboard_mode();
        push_keyboard_mode(mode: KeyboardModes);
        pop_keyboard_modes(count: u16);
        set_keyboard_mode(mode: KeyboardModes, behaviour: KeyboardModesApplyBehavior);
    }

    fn linefeed(&mut self) {
        let last = self.region_lines();
        let line = usize::try_from(self.term.grid().cursor.point.line.0).unwrap_or(0);
        if last.start == 0 && line + 1 == last.end && !self.in_alternate_screen() {
            self.scrolled += 1;
        }
        Handler::linefeed(&mut self.term);
    }

    fn put_tab(&mut self, count: u16) {
        // With a wrap pending, the browser's emulator stays where it is; alacritty would begin a new line.
        if !self.term.grid().cursor.input_needs_wrap {
            Handler::put_tab(&mut self.term, count);
        }
    }

    fn clear_screen(&mut self, mode: ClearMode) {
        match mode {
            // alacritty would push the screen into the history, where the browser's emulator just clears it.
            ClearMode::All => self.term.grid_mut().reset_region(..),
            // alacritty forgets the first line when the cursor stands on the second.
            ClearMode::Above if self.term.grid().cursor.point.line == Line(1) => {
                self.term.grid_mut().reset_region(..Line(1));
                Handler::clear_screen(&mut self.term, mode);
            }
            ClearMode::Above | ClearMode::Below | ClearMode::Saved => {
                Handler::clear_screen(&mut self.term, mode);
            }
        }
    }

    fn scroll_up(&mut self, rows: usize) {
        let top = self.region_lines().start;
        self.shift_up(i32::try_from(top).unwrap_or(0), rows);
    }

    fn delete_lines(&mut self, count: usize) {
        let line = self.term.grid().cursor.point.line.0;
        if self
            .region_lines()
            .contains(&usize::try_from(line).unwrap_or(0))
        {
            self.shift_up(line, count);
            self.carriage_return();
        }
    }

    fn insert_blank_lines(&mut self, count: usize) {
        let line = self.term.grid().cursor.point.line.0;
        Handler::insert_blank_lines(&mut self.term, count);
        if self
            .region_lines()
            .contains(&usize::try_from(line).unwrap_or(0))
        {
            self.carriage_return();
        }
    }

    fn set_horizontal_tabstop(&mut self) {
        let column = self.column();
        if let Some(stop) = self.tabs.get_mut(column) {
            *stop = true;
        }
        Handler::set_horizontal_tabstop(&mut self.term);
    }

    fn clear_tabs(&mut self, mode: TabulationClearMode) {
        let column = self.column();
        match mode {
            TabulationClearMode::All => self.tabs.fill(false),
            TabulationClearMode::Current => {
                if let Some(stop) = self.tabs.get_mut(column) {
                    *stop = false;
                }
            }
        }
        Handler::clear_tabs(&mut self.term, mode);
    }

    fn set_scrolling_region(&mut self, top: usize, bottom: Option<usize>) {
        let lines = self.term.screen_lines();
        let last = bottom.unwrap_or(lines).min(lines);
        if top < last {
            self.region = (top > 1 || last < lines).then_some((top.max(1), last));
        }
        Handler::set_scrolling_region(&mut self.term, top, bottom);
    }

    fn set_active_charset(&mut self, index: CharsetIndex) {
        self.charset = index;
        Handler::set_active_charset(&mut self.term, index);
    }

    fn set_cursor_style(&mut self, style: Option<CursorStyle>) {
        self.cursor_style = style;
        Handler::set_cursor_style(&mut self.term, style);
    }

    fn set_cursor_shape(&mut self, shape: CursorShape) {
        self.cursor_style.get_or_insert_default().shape = shape;
        Handler::set_cursor_shape(&mut self.term, shape);
    }

    fn set_title(&mut self, title: Option<String>) {
        self.title = title.map(|title| {
            let printable = title.chars().filter(|c| !c.is_control());
            let mut bytes = 0;
            printable
                .take_while(|c| {
                    bytes += c.len_utf8();
                    bytes <= TITLE_BYTES
                })
                .collect()
        });
    }

    fn set_private_mode(&mut self, mode: PrivateMode) {
        match known(mode) {
            PrivateMode::Unknown(66) => self.set_keypad_application_mode(),
            PrivateMode::Unknown(1048) => self.save_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::SyncUpdate) => self.synchronised = true,
            PrivateMode::Unknown(X10_MOUSE) => {
                self.forget_mouse();
                self.extra_modes.insert(X10_MOUSE);
            }
            PrivateMode::Unknown(mode) if EXTRA_MODES.contains(&mode) => {
                self.extra_modes.insert(mode);
            }
            PrivateMode::Named(mode) if MOUSE_MODES.contains(&mode) => {
                self.forget_mouse();
                Handler::set_private_mode(&mut self.term, mode.into());
            }
            mode => Handler::set_private_mode(&mut self.term, mode),
        }
    }

    fn unset_private_mode(&mut self, mode: PrivateMode) {
        match known(mode) {
            PrivateMode::Unknown(66) => self.unset_keypad_application_mode(),
            PrivateMode::Unknown(1048) => self.restore_cursor_position(),
            PrivateMode::Named(NamedPrivateMode::SyncUpdate) => self.synchronised = false,
            // The end of one mouse mode is the end of all: there is only one at a time.
            PrivateMode::Unknown(X10_MOUSE) => self.forget_mouse(),
            PrivateMode::Named(mode) if MOUSE_MODES.contains(&mode) => self.forget_mouse(),
            PrivateMode::Unknown(mode) => {
                self.extra_modes.remove(&mode);
            }
            mode => Handler::unset_private_mode(&mut self.term, mode),
        }
    }

    fn reset_state(&mut self) {
        Handler::reset_state(&mut self.term);
        self.region = None;
        self.tabs = default_tabs(0, self.tabs.len()).collect();
        self.charset = CharsetIndex::default();
        self.cursor_style = None;
        self.extra_modes.clear();
        self.synchronised = false;
    }
}
