-- # Surveys
-- What customers answer.

-- clm.gap: Expected was 4.2, perceived 3.6
SELECT clm.gap(4.2, 3.6);

-- clm.score: Of three answers, with weights
SELECT clm.score(ARRAY[.5, .3, .2], ARRAY[4, 5, 2]);

-- clm.score: Of signals, by a response model
SELECT clm.score(clm.response_model(ARRAY[-2.2, 1.1, .8, -.6], ARRAY[.4, .1, 1]), ARRAY[1.5, .2, 2]);
