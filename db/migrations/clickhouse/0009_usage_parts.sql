-- Tokens with a price of their own that only some calls have.
alter table spans {{on_cluster}} add column if not exists cache_write_1h_tokens UInt32 after cache_write_tokens;
alter table spans {{on_cluster}} add column if not exists input_audio_tokens UInt32 after reasoning_tokens;
alter table spans {{on_cluster}} add column if not exists output_audio_tokens UInt32 after input_audio_tokens;
