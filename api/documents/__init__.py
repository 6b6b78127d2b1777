"""Documents: kept encrypted, read by a worker, judged here, and reviewed by people."""
