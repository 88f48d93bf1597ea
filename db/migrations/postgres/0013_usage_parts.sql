alter table prices
  add column cache_write_1h_per_million numeric,
  add column input_audio_per_million numeric,
  add column output_audio_per_million numeric;

-- What was seeded lacks them: the next start seeds the list of this version again, and no span's price changes by it.
delete from prices where project_id is null and version = 'genai-prices@0.1.8';
delete from price_providers where version = 'genai-prices@0.1.8';
