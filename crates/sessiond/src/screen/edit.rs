//! What changes text that is on the screen: erasing, inserting, deleting, moving lines and columns.

use super::cell::{Cell, Colour, Row, Selective};
use super::machine::Machine;

impl Machine {
    /// `CSI J`.
    pub(super) fn erase_screen(&mut self, which: u16, selective: Selective) {
        self.restrict_rows();
        let fill = self.pen.erased();
        let (columns, rows) = (self.columns, self.rows);
        let (x, y) = (self.shown().x, self.shown().y);
        match which {
            0 => {
                self.erase_line_part(x, columns, selective);
                for row in y + 1..rows {
                    self.blank_row(row, &fill, selective);
                }
            }
            1 => {
                self.erase_line_part(0, x + 1, selective);
                let screen = self.screen();
                screen.row_mut(y).wrapped = false;
                // The browser's emulator counts from the history here, as if there were none.
                if x + 1 >= columns
                    && let Some(next) = screen.lines.get_mut(y + 1)
                {
                    next.wrapped = false;
                }
                for row in 0..y {
                    self.blank_row(row, &fill, selective);
                }
            }
            2 => {
                for row in 0..rows {
                    self.blank_row(row, &fill, selective);
                }
            }
            3 => self.screen().forget_history(),
            _ => {}
        }
    }

    /// `CSI K`.
    pub(super) fn erase_line(&mut self, which: u16, selective: Selective) {
        self.restrict_rows();
        let columns = self.columns;
        let (x, y) = (self.shown().x, self.shown().y);
        match which {
            0 => self.erase_line_part(x, columns, selective),
            1 => {
                let wrapped = self.shown().row(y).wrapped;
                self.erase_line_part(0, x + 1, selective);
                self.screen().row_mut(y).wrapped = wrapped;
            }
            2 => self.erase_line_part(0, columns, selective),
            _ => {}
        }
    }

    /// Erases a part of the cursor's line; with its beginning goes that it continues another.
    fn erase_line_part(&mut self, from: usize, to: usize, selective: Selective) {
        let fill = self.pen.erased();
        let screen = self.screen();
        let y = screen.y;
        let row = screen.row_mut(y);
        row.erase(from, to, &fill, selective);
        if from == 0 {
            row.wrapped = false;
        }
    }

    fn blank_row(&mut self, y: usize, fill: &Cell, selective: Selective) {
        let columns = self.columns;
        let row = self.screen().row_mut(y);
        match selective {
            Selective::No => row.fill(fill),
            Selective::KeepsProtected => {
                for x in 0..columns {
                    row.erase_unprotected(x, fill);
                }
            }
        }
        row.wrapped = false;
    }

    pub(super) fn erase_characters(&mut self, count: usize) {
        self.change_row(|row, x, fill| row.erase(x, x + count, fill, Selective::No));
    }

    pub(super) fn insert_characters(&mut self, count: usize) {
        self.change_row(|row, x, fill| row.insert(x, count, fill));
    }

    pub(super) fn delete_characters(&mut self, count: usize) {
        self.change_row(|row, x, fill| row.delete(x, count, fill));
    }

    fn change_row(&mut self, change: impl FnOnce(&mut Row, usize, &Cell)) {
        self.restrict();
        let fill = self.pen.erased();
        let screen = self.screen();
        let (x, y) = (screen.x, screen.y);
        change(screen.row_mut(y), x, &fill);
    }

    pub(super) fn insert_lines(&mut self, count: usize) {
        self.restrict();
        if self.shown().in_region() {
            let (y, bottom) = (self.shown().y, self.shown().bottom);
            self.rotate(bottom, y, count, &self.pen.erased());
            self.screen().x = 0;
        }
    }

    pub(super) fn delete_lines(&mut self, count: usize) {
        self.restrict();
        if self.shown().in_region() {
            let (y, bottom) = (self.shown().y, self.shown().bottom);
            self.rotate(y, bottom, count, &self.pen.erased());
            self.screen().x = 0;
        }
    }

    pub(super) fn scroll_up(&mut self, count: usize) {
        let (top, bottom) = (self.shown().top, self.shown().bottom);
        self.rotate(top, bottom, count, &self.pen.erased());
    }

    /// What comes in at the top has no colour.
    pub(super) fn scroll_down(&mut self, count: usize) {
        let (top, bottom) = (self.shown().top, self.shown().bottom);
        self.rotate(bottom, top, count, &Cell::default());
    }

    /// Takes rows out at `from` and puts blank ones in at `to`, as often as that changes anything.
    fn rotate(&mut self, from: usize, to: usize, count: usize, fill: &Cell) {
        let count = count.min(from.abs_diff(to) + 1);
        let screen = self.screen();
        let base = screen.base;
        for _ in 0..count {
            screen.rotate(base + from, base + to, fill);
        }
    }

    pub(super) fn insert_columns(&mut self, at: usize, count: usize) {
        self.change_region(|row, fill| row.insert(at, count, fill));
    }

    pub(super) fn delete_columns(&mut self, at: usize, count: usize) {
        self.change_region(|row, fill| row.delete(at, count, fill));
    }

    fn change_region(&mut self, change: impl Fn(&mut Row, &Cell)) {
        let fill = self.pen.erased();
        let screen = self.screen();
        if !screen.in_region() {
            return;
        }
        for y in screen.top..=screen.bottom {
            let row = screen.row_mut(y);
            change(row, &fill);
            row.wrapped = false;
        }
    }

    /// `ESC # 8`: a screen full of E.
    pub(super) fn align(&mut self) {
        let mut cell = self.pen.with('E', 1);
        cell.set_link(None);
        cell.set_underline_colour(Colour::Default);
        self.go_to(0, 0);
        let from = self.shown().y;
        let rows = self.rows;
        let screen = self.screen();
        for y in from..rows {
            screen.row_mut(y).fill(&cell);
        }
        self.go_to(0, 0);
    }
}
