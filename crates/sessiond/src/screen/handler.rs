//! What the parser tells the emulator: passed on to alacritty, except where that one keeps to itself what a snapshot needs, or would not
//! look like the emulator in the browser.

use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::Line;
use alacritty_terminal::vte::ansi::{
    Attr, CharsetIndex, ClearMode, CursorShape, CursorStyle, Handler, Hyperlink, KeyboardModes,
    KeyboardModesApplyBehavior, LineClearMode, Mode, NamedPrivateMode, PrivateMode, Rgb,
    StandardCharset, TabulationClearMode,
};

use super::machine::{MOUSE_MODES, Machine, X10_MOUSE, default_tabs};

/// The most bytes of a title that are kept: titles are for tabs, and a program may send megabytes.
const TITLE_BYTES: usize = 1024;

/// Private modes that alacritty does not know and the browser's emulator does: reverse wrap-around, urxvt and pixel mouse.
const EXTRA_MODES: [u16; 3] = [45, 1015, 1016];

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
