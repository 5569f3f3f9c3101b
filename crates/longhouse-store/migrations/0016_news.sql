-- The last numbered news of its sessiond that is written down, and which start of sessiond numbered it: what comes again is known by that.
alter table sessions add column news_boot text;
alter table sessions add column news_number bigint;
