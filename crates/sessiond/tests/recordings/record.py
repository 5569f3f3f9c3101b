#!/usr/bin/env python3
"""Records what real programs write to a terminal of a fixed size: the material of the screen's tests (`src/screen/corpus.rs`).

    ./record.py            all of them
    ./record.py vim less   some

Each program runs in namespaces of its own (it sees no process but its own), in a throw-away home, with an environment built from nothing.
It needs root, vim, less, tmux and htop; for `claude` the packages of `web/e2e` (its model is the scripted one of the browser's tests).
What it writes is bytes as they came, nothing else: `NAME-COLUMNSxROWS.bytes`.
"""
import fcntl, os, pathlib, pty, select, shutil, struct, subprocess, sys, tempfile, termios, time

HERE = pathlib.Path(__file__).resolve().parent
TEXT = "".join(f'fn line_{n}() {{ "中文 é 👩‍🚀 🇩🇪" }} // {"long " * (n % 30)}\n' for n in range(200))
# How long a program must be silent before the next keys are typed.
QUIET = 0.7
# As the browser's tests name Claude Code's.
HOME = "claude-home"

PROGRAMS = {
    "vim-80x24": (
        ["vim", "-u", "NONE", "-i", "NONE", "-n", "--cmd", "syntax on | set hlsearch number", "text.rs"],
        ["\x06", "\x06\x02", "Goinserted 中文 text\x1b", ":split\r", "/line_1\r", "nn", "ddp", "\x17w\x04", "V5j>", ":set list\r", ":q!\r", ":q!\r"],
    ),
    "less-100x30": (["less", "-R", "text.rs"], [" ", " ", "b", "/line_77\r", "G", "g", "\x1b)", "q"]),
    "tmux-80x24": (
        ["tmux", "-S", "socket", "-f", "/dev/null", "new-session", "bash", "--norc", "--noprofile"],
        ["tmux set status-right ''\r", "ls --color=always -la\r", "\x02%", "seq 40\r", "\x02\"", "cat text.rs\r", "\x02[\x1b[5~", "q", "\x02z", "\x02z",
         "printf '\\e[31;4:3mred\\e[m\\n'\r", "exit\r", "exit\r", "exit\r"],
    ),
    "htop-100x30": (["htop"], ["\x1b[B\x1b[B", "t", "\x1bOQ", "\x1b", "I", "q"]),
    "bash-80x24": (
        ["bash", "--norc", "--noprofile"],
        ["ls --color=always -la\r", "for n in 1 2 3; do echo 中文 $n; done\r", "\x1b[A\x1b[D\x1b[D\x1b[3~", "\x03", "seq 60\r",
         "echo " + "wrapped " * 20 + "\x01\x05\x15", "cat text.rs | tail -30\r", "clear\r", "exit\r"],
    ),
    "claude-100x30": (
        ["claude", "--permission-mode", "default"],
        ["write a greeting", "\r", "\r", "/help\r", "\x1b", "\x03", "\x03"],
    ),
}


def environment(home):
    return {
        "HOME": str(home / HOME), "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "COLORTERM": "truecolor", "PS1": "$ ", "SHELL": "/bin/sh", "HISTFILE": "",
    }


def model(home):
    """The scripted model, and what Claude Code needs to find it."""
    process = subprocess.Popen(["node", str(HERE / "model.mjs"), str(home)], stdout=subprocess.PIPE, text=True)
    variables = dict(line.rstrip("\n").split("=", 1) for line in iter(process.stdout.readline, "\n"))
    return process, variables


def record(name, command, keys):
    size = name.rsplit("-", 1)[1]
    columns, rows = (int(n) for n in size.split("x"))
    home = pathlib.Path(tempfile.mkdtemp())
    process = None
    try:
        # Below the home that a program is told, so that it shows no path of this machine.
        work = home / HOME / "project"
        work.mkdir(parents=True)
        (work / "text.rs").write_text(TEXT)
        env = environment(home)
        if command[0] == "claude":
            process, variables = model(home)
            env |= variables
        # A process namespace: what `htop` shows is itself.
        whole = ["unshare", "--fork", "--pid", "--mount-proc", "--uts", "sh", "-c", 'hostname box; exec "$@"', "sh", *command]
        return run(whole, env, work, columns, rows, keys)
    finally:
        if process:
            process.kill()
            process.wait()
        shutil.rmtree(home)


def run(command, env, work, columns, rows, keys):
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(work)
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        os.execvpe(command[0], command, env)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    output = bytearray()
    keys = list(keys)
    heard = time.monotonic()
    while True:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            if not piece:
                break
            output += piece
            heard = time.monotonic()
        elif output and time.monotonic() - heard > QUIET and keys:
            os.write(terminal, keys.pop(0).encode())
            heard = time.monotonic()
        elif time.monotonic() - heard > 20:
            os.kill(child, 9)
    os.close(terminal)
    os.waitpid(child, 0)
    return bytes(output)


def main():
    for name, (command, keys) in PROGRAMS.items():
        if len(sys.argv) > 1 and name.split("-")[0] not in sys.argv[1:]:
            continue
        output = record(name, command, keys)
        (HERE / f"{name}.bytes").write_bytes(output)
        print(f"{name}: {len(output)} bytes")


main()
