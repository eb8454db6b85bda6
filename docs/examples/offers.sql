-- # Offers and credit
-- What one contact with one customer is worth.

-- clm.offer_value: To keep a customer of 400 who leaves with probability .30, and to win one back who is worth 140
SELECT clm.offer_value(.30, .3, 400, 10, 1) AS save, clm.offer_value(1, .12, 140, 40, 3) AS win_back;

-- clm.expected_loss: A bill of 500, of which 60 % are lost if it is not paid, with probability .04
SELECT clm.expected_loss(.04, .6, 500);
