//! How the cursor moves: on its own, by tab stops, with the line, and back to where it was saved.

use super::cell::Colour;
use super::machine::Machine;

impl Machine {
    /// Brings the cursor back to the screen: in front of a pending wrap, and between the margins where they are the origin.
    pub(super) fn restrict(&mut self) {
        self.restrict_to(self.columns - 1);
    }

    /// The same, but leaves a wrap pending.
    pub(super) fn restrict_rows(&mut self) {
        self.restrict_to(self.columns);
    }

    fn restrict_to(&mut self, last: usize) {
        let (origin, rows) = (self.modes.origin, self.rows);
        let screen = self.screen();
        screen.x = screen.x.min(last);
        screen.y = if origin {
            screen.y.clamp(screen.top, screen.bottom)
        } else {
            screen.y.min(rows - 1)
        };
    }

    /// To a column and a row, counted from the origin.
    pub(super) fn go_to(&mut self, x: usize, y: usize) {
        let origin = self.modes.origin;
        let screen = self.screen();
        screen.x = x;
        screen.y = if origin { screen.top + y } else { y };
        self.restrict();
    }

    /// A move by columns and rows. With an origin the rows count from it anew: this is what the browser's emulator does.
    fn go_by(&mut self, columns: isize, rows: isize) {
        self.restrict();
        let screen = self.shown();
        let x = screen.x.saturating_add_signed(columns);
        let top = isize::try_from(screen.top).unwrap_or(0);
        let y = isize::try_from(screen.y).unwrap_or(0) + rows;
        let y = if self.modes.origin { y + top } else { y };
        let y = usize::try_from(y).unwrap_or(0);
        let screen = self.screen();
        screen.x = x;
        screen.y = y;
        self.restrict();
    }

    pub(super) fn up(&mut self, count: usize) {
        let screen = self.shown();
        let room = screen.y.checked_sub(screen.top);
        self.go_by(0, -signed(room.map_or(count, |room| room.min(count))));
    }

    pub(super) fn down(&mut self, count: usize) {
        let screen = self.shown();
        let room = screen.bottom.checked_sub(screen.y);
        self.go_by(0, signed(room.map_or(count, |room| room.min(count))));
    }

    /// Down, whatever the margins.
    pub(super) fn down_freely(&mut self, count: usize) {
        self.go_by(0, signed(count));
    }

    pub(super) fn right(&mut self, count: usize) {
        self.go_by(signed(count), 0);
    }

    pub(super) fn left(&mut self, count: usize) {
        self.go_by(-signed(count), 0);
    }

    pub(super) fn go_to_column(&mut self, x: usize) {
        let y = self.shown().y;
        self.go_to(x, y);
    }

    pub(super) fn go_to_row(&mut self, y: usize) {
        let x = self.shown().x;
        self.go_to(x, y);
    }

    pub(super) fn carriage_return(&mut self) {
        self.screen().x = 0;
    }

    pub(super) fn line_feed(&mut self) {
        let columns = self.columns;
        if self.modes.line_feed_returns {
            self.screen().x = 0;
        }
        let moved = self.step_down();
        let screen = self.screen();
        if moved {
            screen.row_mut(screen.y).wrapped = false;
        }
        screen.x = screen.x.min(columns - 1);
    }

    /// One row down; at the end of the scrolled rows these move up instead. Answers whether the cursor stands on another row now.
    fn step_down(&mut self) -> bool {
        let rows = self.rows;
        let screen = self.screen();
        screen.y += 1;
        if screen.y == screen.bottom + 1 {
            screen.y -= 1;
            self.scroll(false);
            return false;
        }
        let within = screen.y < rows;
        screen.y = screen.y.min(rows - 1);
        within
    }

    /// `ESC D`: a line feed that knows neither modes nor wrapped lines.
    pub(super) fn index(&mut self) {
        self.restrict();
        self.step_down();
        self.restrict();
    }

    /// `ESC M`.
    pub(super) fn reverse_index(&mut self) {
        self.restrict();
        let fill = self.pen.erased();
        let screen = self.screen();
        if screen.y == screen.top {
            let (from, to) = (screen.base + screen.bottom, screen.base + screen.y);
            screen.rotate(from, to, &fill);
        } else {
            screen.y = screen.y.saturating_sub(1);
            self.restrict();
        }
    }

    pub(super) fn backspace(&mut self) {
        if !self.modes.reverse_wraparound {
            self.restrict();
            let screen = self.screen();
            screen.x = screen.x.saturating_sub(1);
            return;
        }
        self.restrict_rows();
        let columns = self.columns;
        let screen = self.screen();
        if screen.x > 0 {
            screen.x -= 1;
        } else if screen.y > screen.top && screen.y <= screen.bottom {
            let y = screen.y;
            if screen.row(y).wrapped {
                screen.row_mut(y).wrapped = false;
                screen.y -= 1;
                screen.x = columns - 1;
                let cell = screen.row(y - 1).cell(columns - 1);
                if cell.width > 0 && !cell.has_content() {
                    screen.x -= 1;
                }
            }
        }
        self.restrict();
    }

    pub(super) fn tabs_right(&mut self, count: usize) {
        let columns = self.columns;
        let screen = self.screen();
        for _ in 0..count.min(columns) {
            if screen.x >= columns {
                return;
            }
            screen.x = screen.next_tab();
        }
    }

    pub(super) fn tabs_left(&mut self, count: usize) {
        let columns = self.columns;
        let screen = self.screen();
        if screen.x >= columns {
            return;
        }
        for _ in 0..count.min(columns) {
            screen.x = screen.previous_tab(screen.x);
        }
    }

    pub(super) fn set_tab(&mut self) {
        let screen = self.screen();
        if screen.tabs.len() <= screen.x {
            screen.tabs.resize(screen.x + 1, false);
        }
        screen.tabs[screen.x] = true;
    }

    pub(super) fn clear_tabs(&mut self, which: u16) {
        let screen = self.screen();
        match which {
            0 => {
                let x = screen.x;
                if let Some(stop) = screen.tabs.get_mut(x) {
                    *stop = false;
                }
            }
            3 => screen.tabs.clear(),
            _ => {}
        }
    }

    pub(super) fn save_cursor(&mut self) {
        let charset = self.charsets.current;
        let mut pen = self.pen.clone();
        pen.set_link(None);
        pen.set_underline_colour(Colour::Default);
        self.screen().save(pen, charset);
    }

    /// Links, and how text is underlined, do not come back: they stay as they are.
    pub(super) fn restore_cursor(&mut self) {
        let screen = self.screen();
        let saved = screen.saved.clone();
        screen.x = saved.x;
        screen.y = screen.saved_row();
        self.charsets.current = saved.charset;
        let underline_colour = self.pen.underline_colour();
        let link = self.pen.link().cloned();
        self.pen = saved.pen;
        self.pen.set_underline_colour(underline_colour);
        self.pen.set_link(link);
        self.restrict();
    }

    pub(super) fn set_region(&mut self, top: usize, bottom: usize) {
        let bottom = if bottom == 0 || bottom > self.rows {
            self.rows
        } else {
            bottom
        };
        if bottom > top {
            let screen = self.screen();
            screen.top = top - 1;
            screen.bottom = bottom - 1;
            self.go_to(0, 0);
        }
    }
}

fn signed(count: usize) -> isize {
    isize::try_from(count).unwrap_or(isize::MAX)
}
