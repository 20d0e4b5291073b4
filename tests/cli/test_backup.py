"""bot log backup and bot log restore at a terminal."""

import pytest

from tests.support.practice import OPENAI


@pytest.fixture
def backed_up(installation, tmp_path):
    """An installation with an incident, and its backup."""
    incident = installation.declare(OPENAI)
    file = tmp_path / "bot.backup"
    said = installation.bot("log", "backup", file)
    assert said.status == 0, said.err
    assert said.out.startswith("Backed up ")
    assert said.out.endswith(f" of 1 incident to {file}. Chains and seals hold.\n")
    return incident, file


def test_a_backup_is_restored_into_a_new_log_that_says_what_it_lacks(installation, backed_up, tmp_path):
    incident, file = backed_up
    installation.bot("note", incident, "after the backup")
    new = f"sqlite:///{tmp_path}/restored.sqlite"

    said = installation.bot("log", "restore", file, BOT_DATABASE_URL=new)

    assert said.status == 0, said.err
    assert f"  {incident} ends with " in said.out
    assert "The log lacks everything after the backup." in said.out
    timeline = installation.bot("incident", "timeline", incident, BOT_DATABASE_URL=new).out
    assert "made this log again from the backup of" in timeline
    assert "after the backup" not in timeline
    assert installation.bot("log", "verify", incident, BOT_DATABASE_URL=new).status == 0
    again = installation.bot("log", "restore", file, "--json", BOT_DATABASE_URL=new)
    assert again.status == 2
    assert "restored.sqlite is not empty" in again.error


def test_json_names_the_newest_entry_of_each_stream(installation, backed_up):
    incident, file = backed_up
    document = installation.bot("log", "backup", file, "--json").document
    assert document["file"] == str(file)
    assert document["incidents"] == 1
    assert [stream["name"] for stream in document["streams"]][:2] == [incident, "trust"]


def test_a_file_that_is_missing_makes_no_log(installation, tmp_path):
    said = installation.bot("log", "restore", tmp_path / "none", BOT_DATABASE_URL=f"sqlite:///{tmp_path}/new.sqlite")
    assert said.status == 2
    assert "none cannot be read: No such file or directory." in said.err


def test_a_backup_is_put_into_a_bucket_and_restored_from_there(installation, tmp_path):
    incident = installation.declare(OPENAI)
    s3 = installation.world.aws.aws.client("s3")
    s3.create_bucket(Bucket="backups", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    said = installation.bot("log", "backup", "s3://backups/2026-12-01.backup")
    assert said.status == 0, said.err
    assert "to s3://backups/2026-12-01.backup. Chains and seals hold." in said.out

    file, new = tmp_path / "fetched.backup", f"sqlite:///{tmp_path}/restored.sqlite"
    file.write_bytes(s3.get_object(Bucket="backups", Key="2026-12-01.backup")["Body"].read())
    assert "Chains and seals hold." in installation.bot("log", "restore", file, BOT_DATABASE_URL=new).out
    assert installation.bot("log", "verify", incident, BOT_DATABASE_URL=new).status == 0


@pytest.mark.parametrize("url", ["s3://backups", "s3://backups/", "s3:///key", "s3://Backups/key", "s3://backups//key"])
def test_another_url_is_misuse(installation, url):
    installation.declare(OPENAI)
    said = installation.bot("log", "backup", url)
    assert said.status == 2
    assert "expected s3://BUCKET/KEY" in said.err


def test_a_bucket_that_is_not_there_is_said(installation):
    installation.declare(OPENAI)
    said = installation.bot("log", "backup", "s3://nowhere/bot.backup")
    assert said.status == 1
    assert "s3: write s3://nowhere/bot.backup: NoSuchBucket: there is no bucket of that name" in said.err
