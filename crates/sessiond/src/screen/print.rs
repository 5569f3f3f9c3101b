//! Printing: where a character goes, what it joins, when a line runs into the next row.

use super::cell::Cell;
use super::charsets::Charset;
use super::clusters::Cluster;
use super::machine::Machine;

impl Machine {
    pub(super) fn print(&mut self, c: char) {
        if self.print_plain(c).is_some() {
            return;
        }
        let c = self.charsets.current.map(c);
        let columns = self.columns;
        if self.last.is_none() {
            self.heal_before();
        }
        let cluster = self.last.followed_by(c);
        let width = cluster.width();
        // What is joined is already on the screen, so many columns wide.
        let already = if cluster.joins() {
            self.last.width()
        } else {
            0
        };
        self.last = cluster;
        if self.shown().x + width - already > columns {
            if self.modes.wraparound {
                self.wrap(already);
            } else {
                self.screen().x = columns - 1;
                if width == 2 {
                    return;
                }
            }
        }
        if cluster.joins() && self.shown().x > 0 {
            self.join(c, width, already);
        } else {
            self.write(c, width);
        }
        self.heal_behind();
    }

    /// The short way of most text: ASCII behind ASCII, over nothing that is wide. `None` where it is not that simple.
    fn print_plain(&mut self, c: char) -> Option<()> {
        let plain = matches!(c, ' '..='~')
            && self.last == Cluster::ASCII
            && self.charsets.current == Charset::ASCII
            && !self.modes.insert;
        if !plain {
            return None;
        }
        let screen = if self.in_alternate {
            &mut self.alternate
        } else {
            &mut self.normal
        };
        // A row of the alternate screen may be longer than the window is wide.
        if screen.x >= screen.columns {
            return None;
        }
        let place = screen.lines[screen.base + screen.y].plain_mut(screen.x)?;
        *place = self.pen.with(c, 1);
        screen.x += 1;
        Some(())
    }

    /// The first half of a wide character whose second half is about to be overwritten becomes blank.
    fn heal_before(&mut self) {
        let blank = self.pen.with('\0', 1);
        let screen = self.screen();
        let (x, y) = (screen.x, screen.y);
        if x > 0 && screen.row(y).cell(x - 1).width == 2 {
            screen.row_mut(y).set(x - 1, blank);
        }
    }

    /// The second half of a wide character whose first half was overwritten becomes blank.
    fn heal_behind(&mut self) {
        let columns = self.columns;
        let screen = self.shown();
        let (x, y) = (screen.x, screen.y);
        if x >= columns {
            return;
        }
        let cell = screen.row(y).cell(x);
        if cell.width == 0 && !cell.has_content() {
            let blank = self.pen.with('\0', 1);
            self.screen().row_mut(y).set(x, blank);
        }
    }

    /// Goes to the next row; the last `already` columns, which grew too wide for this one, go along.
    fn wrap(&mut self, already: usize) {
        let (columns, rows) = (self.columns, self.rows);
        let blank = self.pen.with('\0', 1);
        let screen = self.screen();
        let from = screen.x - already;
        let y = screen.y;
        let old = screen.row_mut(y);
        let moved: Vec<Cell> = (from..from + already)
            .map(|x| old.cell(x).clone())
            .collect();
        (from..columns).for_each(|x| old.set(x, blank.clone()));
        screen.x = already;
        if y == screen.bottom {
            self.scroll(true);
        } else {
            screen.y = (y + 1).min(rows - 1);
            let y = screen.y;
            screen.row_mut(y).wrapped = true;
        }
        let screen = self.screen();
        let y = screen.y;
        for (x, cell) in moved.into_iter().enumerate() {
            screen.row_mut(y).set(x, cell);
        }
    }

    /// Adds `c` to what was printed last, which may become wider by it.
    fn join(&mut self, c: char, width: usize, already: usize) {
        let half = self.pen.with('\0', 0);
        let screen = self.screen();
        let (x, y) = (screen.x, screen.y);
        let row = screen.row_mut(y);
        let at = if row.cell(x - 1).width > 0 {
            x - 1
        } else {
            x.saturating_sub(2)
        };
        if let Some(cell) = row.cell_mut(at) {
            if cell.has_content() {
                cell.join(c);
            } else {
                cell.c = c;
            }
            cell.width = width_of(width);
        }
        for n in 0..width.saturating_sub(already) {
            row.set(x + n, half.clone());
        }
        screen.x = x + width.saturating_sub(already);
    }

    fn write(&mut self, c: char, width: usize) {
        let columns = self.columns;
        let cell = self.pen.with(c, width_of(width));
        let insert = self.modes.insert;
        let half: Option<Cell> = (width == 2).then(|| self.pen.with('\0', 0));
        let blank = insert.then(|| self.pen.with('\0', 1));
        let screen = self.screen();
        let (x, y) = (screen.x, screen.y);
        let row = screen.row_mut(y);
        if let Some(blank) = blank {
            row.insert(x, width, &blank);
            if row.cell(columns - 1).width == 2 {
                row.set(columns - 1, blank);
            }
        }
        row.set(x, cell);
        if let Some(half) = half {
            row.set(x + 1, half);
        }
        screen.x = x + width;
    }

    /// What was printed last, once more, `count` times.
    pub(super) fn repeat(&mut self, count: usize) {
        if self.last.is_none() {
            return;
        }
        let screen = self.shown();
        let Some(x) = screen.x.checked_sub(self.last.width()) else {
            return;
        };
        let cell = screen.row(screen.y).cell(x);
        if !cell.has_content() {
            return;
        }
        let text = format!("{}{}", cell.c, cell.joined());
        // More than fills the screen and what is above it shows no more.
        let most = (self.normal.most_lines() + 1) * self.columns;
        for _ in 0..count.min(most) {
            text.chars().for_each(|c| self.print(c));
        }
    }
}

/// A width as a cell holds it.
fn width_of(columns: usize) -> u8 {
    u8::from(columns > 0) + u8::from(columns > 1)
}
