"""`python -m smscampaign`."""

from smscampaign.cli import main

if __name__ == "__main__":
    main()
