"""Plays a component of the stack: `stand_in.py once CODE` or `stand_in.py serve PORT`."""

import http.server
import subprocess
import sys


class Ready(http.server.BaseHTTPRequestHandler):
    """Answers every GET with 200."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def main() -> int:
    mode, value = sys.argv[1], int(sys.argv[2])
    if mode == "once":
        sys.stderr.write("what went wrong is said here\n")
        return value
    if mode == "family":  # a process with a child of its own
        subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
    http.server.ThreadingHTTPServer(("127.0.0.1", value), Ready).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
