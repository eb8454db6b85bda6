-- orders(order_id, customer_id, day, amount) from the table cdnow(orig_id, id, date, cds, amt): the purchases of the 1/10
-- sample of CDNOW (Fader & Hardie, brucehardie.com). The cohort of the first quarter of 1997 is moved by 26 years, and each
-- customer by up to 540 days more, so that on any day of 2023 and 2024 there are customers in all stages of life. The gaps
-- between a customer's purchases and the amounts are as they were.
CREATE TABLE orders AS
    SELECT row_number() OVER (ORDER BY id, date, amt, cds) AS order_id, id::bigint AS customer_id,
           (date + interval '26 years')::date + (540 * draw(id::bigint, 'offset'))::int AS day, amt AS amount
    FROM cdnow;
