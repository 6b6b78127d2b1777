"""`python -m api serve|migrate|check|verify|revision`."""

from api.main import main

if __name__ == "__main__":
    main()
