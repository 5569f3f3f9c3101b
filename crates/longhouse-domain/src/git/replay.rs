//! A commit made anew on another one, as git stores commits: who made the change, when, and what they said of it stay as they are.

/// The commit, of another tree and parent, committed by somebody else. Signatures go: they were of the old one. Nothing where this is no
/// commit.
#[must_use]
pub fn made_anew(raw: &[u8], tree: &str, parent: &str, committer: &str) -> Option<Vec<u8>> {
    let end = raw.windows(2).position(|pair| pair == b"\n\n")?;
    let (headers, message) = raw.split_at(end);
    let mut made = format!("tree {tree}\nparent {parent}\n").into_bytes();
    let mut kept = false;
    let mut has_author = false;
    for line in headers.split(|byte| *byte == b'\n') {
        // What belongs to a header goes on behind a space.
        if line.first() != Some(&b' ') {
            let name = line.split(|byte| *byte == b' ').next().unwrap_or_default();
            kept = matches!(name, b"author" | b"encoding");
            has_author |= name == b"author";
            if name == b"committer" {
                made.extend_from_slice(format!("committer {committer}\n").as_bytes());
            }
        }
        if kept {
            made.extend_from_slice(line);
            made.push(b'\n');
        }
    }
    made.extend_from_slice(&message[1..]);
    has_author.then_some(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_author_and_the_message_stay_and_signatures_go() {
        let raw = b"tree 1\nparent 2\nauthor A <a> 1 +0100\ncommitter B <b> 2 +0000\ngpgsig -----BEGIN\n  x\n -----END\nencoding latin1\n\nsubject\n\nbody \xff\n";
        let made = made_anew(raw, "3", "4", "C <c> 5 +0000").unwrap();
        let expected = b"tree 3\nparent 4\nauthor A <a> 1 +0100\ncommitter C <c> 5 +0000\nencoding latin1\n\nsubject\n\nbody \xff\n";
        assert_eq!(made, expected);
        for bad in [&b""[..], b"\n\n", b"tree 1\n\nno author"] {
            assert_eq!(made_anew(bad, "3", "4", "C <c> 5 +0000"), None);
        }
    }
}
