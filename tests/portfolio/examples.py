"""One good row of a portfolio, to be spoiled by tests."""

GOOD = {
    "customer_ref": "C-1",
    "name": "Ada Example",
    "country": "US",
    "zone": "America/Chicago",
    "language": "en",
    "email": "ada@mail.example",
    "phone": "+13125550100",
    "sms_consent": "yes",
    "email_consent": "No",
    "loan_ref": "L-1",
    "product": "us-personal",
    "principal": "1200.50",
    "currency": "USD",
    "instalments": "12",
    "annual_rate_percent": "9.5",
    "disbursed_on": "2028-01-31",
    "first_due_on": "2028-02-29",
}
