"""`python -m api serve|migrate|check|revision`."""

from api.main import main

if __name__ == "__main__":
    main()
