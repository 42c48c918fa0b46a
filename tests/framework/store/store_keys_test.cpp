#include "store/store_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include <cairn/error.h>

#include "store/manage_keys.h"
#include "store/store.h"
#include "support/backends.h"
#include "support/keys.h"

namespace cairn {
namespace {

using test::key_file;
using test::MemoryBackend;
using test::reading_with;
using test::sealing_with;
using testing::HasSubstr;
using testing::Not;

std::string message_of(Code expected, const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

KeySource file_source(const Path& file) {
  KeySource source;
  source.file = file;
  return source;
}

class StoreKeysTest : public testing::Test {
 protected:
  test::TempFolder folder_;
  MemoryBackend backend_;
  Path mine_ = key_file(folder_.path(), "mine.key");
  Store store_{backend_, OpenStore::CreateIfEmpty, {}, sealing_with(mine_)};

  Hash fingerprint(const KeySource& source) {
    Store other(backend_, OpenStore::MustExist, {}, reading_with(source));
    return other.seal()->fingerprint();
  }
  KeyRecord record_for(const Path& file) {
    KeyRecord record;
    record.recipient = read_identity(file).recipient();
    return record;
  }
  void add(KeyRecord record) {
    Store* const only = &store_;
    add_key(std::span(&only, 1), std::move(record));
  }
  // A program that keeps nothing: it wraps by writing backwards.
  std::vector<std::string> command() {
    const Path script = folder_ / "kms";
    test::write_text(script,
                     "#!/bin/sh\ncase \"$1\" in wrap) printf 'wrapped:'; tr 'a-f0-9' '0-9a-f';; "
                     "unwrap) tail -c +9 | tr '0-9a-f' 'a-f0-9';; *) exit 9;; esac\n");
    chmod(script.c_str(), 0700);
    return {script.string()};
  }
};

TEST_F(StoreKeysTest, AStoreThatIsMadeWithASealHasOneKey) {
  EXPECT_TRUE(store_.sealed());
  const auto records = read_key_records(backend_);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].recipient, read_identity(mine_).recipient());
  EXPECT_EQ(fingerprint(file_source(mine_)), store_.seal()->fingerprint());
}

TEST_F(StoreKeysTest, AWrongOrMissingKeyIsNamedAndChangesNothing) {
  const auto before = backend_.copy();
  const Path other = key_file(folder_.path(), "other.key");
  const std::string wrong = message_of(Code::PermissionDenied, [&] { fingerprint(file_source(other)); });
  EXPECT_THAT(wrong, HasSubstr(other.string()));
  EXPECT_THAT(wrong, HasSubstr(public_text(kRecipientPrefix, read_identity(other).recipient())));
  EXPECT_THAT(wrong, HasSubstr(read_key_records(backend_)[0].id()));
  EXPECT_THAT(message_of(Code::FailedPrecondition, [&] { fingerprint({}); }), HasSubstr("CAIRN_KEY_FILE"));
  EXPECT_THAT(message_of(Code::NotFound, [&] { fingerprint(file_source(folder_ / "absent")); }), HasSubstr("absent"));
  KeySource variable;
  variable.passphrase_env = "CAIRN_TEST_NO_SUCH_VARIABLE";
  // There is no passphrase among the records, so none is asked for.
  message_of(Code::PermissionDenied, [&] { fingerprint(variable); });
  EXPECT_EQ(backend_.copy(), before);
}

TEST_F(StoreKeysTest, AKeyFileThatOthersMayReadIsRefused) {
  chmod(mine_.c_str(), 0644);
  EXPECT_THAT(message_of(Code::PermissionDenied, [&] { fingerprint(file_source(mine_)); }), HasSubstr("chmod 600"));
}

TEST_F(StoreKeysTest, RecipientsPassphrasesAndCommandsCanBeAdded) {
  const Path colleague = key_file(folder_.path(), "colleague.key");
  add(record_for(colleague));
  EXPECT_EQ(fingerprint(file_source(colleague)), store_.seal()->fingerprint());

  setenv("CAIRN_TEST_PASSPHRASE", "correct horse", 1);
  KeySource phrase;
  phrase.passphrase_env = "CAIRN_TEST_PASSPHRASE";
  KeyRecord record;
  record.kind = KeyRecord::Kind::Passphrase;
  record.cost = Identity::new_cost();
  record.cost.passes = 1;
  record.cost.memory_bytes = 8u << 20;
  record.recipient = Identity::from_passphrase("correct horse", record.cost).recipient();
  add(record);
  EXPECT_EQ(fingerprint(phrase), store_.seal()->fingerprint());
  test::write_text(folder_ / "phrase", "correct horse\nand a second line\n");
  chmod((folder_ / "phrase").c_str(), 0600);
  KeySource in_file;
  in_file.passphrase_file = folder_ / "phrase";
  EXPECT_EQ(fingerprint(in_file), store_.seal()->fingerprint());
  setenv("CAIRN_TEST_PASSPHRASE", "wrong horse", 1);
  EXPECT_THAT(message_of(Code::PermissionDenied, [&] { fingerprint(phrase); }), Not(HasSubstr("horse")));
  unsetenv("CAIRN_TEST_PASSPHRASE");
  message_of(Code::FailedPrecondition, [&] { fingerprint(phrase); });

  KeySource kms;
  kms.command = command();
  add(reading_with(kms)->own_record());
  EXPECT_EQ(fingerprint(kms), store_.seal()->fingerprint());
  kms.command = {"false"};
  EXPECT_THAT(message_of(Code::PermissionDenied, [&] { fingerprint(kms); }), HasSubstr("status 1"));
  EXPECT_EQ(read_key_records(backend_).size(), 4u);
}

TEST_F(StoreKeysTest, AddingAndRemovingTouchesOnlyKeys) {
  for (int i = 0; i < 50; ++i) backend_.set(cat("packs/", i), Bytes(1000));
  const auto before = backend_.copy();
  const Path other = key_file(folder_.path(), "other.key");
  KeyRecord record = record_for(other);
  add(record);
  auto with = backend_.copy();
  EXPECT_EQ(with.size(), before.size() + 1);
  EXPECT_EQ(with.erase(record.key()), 1u);
  EXPECT_EQ(with, before);
  Store* const only = &store_;
  remove_key(std::span(&only, 1), record.id().substr(0, 6));
  EXPECT_EQ(backend_.copy(), before);
  message_of(Code::PermissionDenied, [&] { fingerprint(file_source(other)); });
}

TEST_F(StoreKeysTest, TheLastKeyAndUnknownOnesStay) {
  Store* const only = &store_;
  const auto before = backend_.copy();
  message_of(Code::FailedPrecondition, [&] { remove_key(std::span(&only, 1), read_key_records(backend_)[0].id()); });
  message_of(Code::NotFound, [&] { remove_key(std::span(&only, 1), "zz"); });
  message_of(Code::AlreadyExists, [&] { add(record_for(mine_)); });
  EXPECT_EQ(backend_.copy(), before);
}

TEST_F(StoreKeysTest, ARotationLeavesOutWhoWasRemoved) {
  const Path leaver = key_file(folder_.path(), "leaver.key");
  add(record_for(leaver));
  Store former(backend_, OpenStore::MustExist, {}, reading_with(file_source(leaver)));
  const Seal* kept = former.seal();
  Store* const only = &store_;
  remove_key(std::span(&only, 1), record_for(leaver).id());
  EXPECT_EQ(rotate_keys(std::span(&only, 1)), 2u);
  Store now(backend_, OpenStore::MustExist, {}, reading_with(file_source(mine_)));
  EXPECT_EQ(now.seal()->newest(), 2u);
  EXPECT_EQ(now.seal()->fingerprint(), kept->fingerprint());
  auto sealed = now.seal()->close("block", "n", test::as_bytes("later"));
  EXPECT_THROW(kept->open("block", "n", sealed, "it"), Error);
}

// What was sealed between an interrupted rotation and the next one stays readable.
TEST_F(StoreKeysTest, ARotationThatWasInterruptedIsRepeatedByWhoHasItsKey) {
  const Path other = key_file(folder_.path(), "other.key");
  add(record_for(other));
  const std::string mine = record_for(mine_).key();
  const Bytes before = *backend_.get(mine, {});
  Store* const only = &store_;
  rotate_keys(std::span(&only, 1));
  backend_.set(mine, before);  // it did not come to this one
  Store theirs(backend_, OpenStore::MustExist, {}, reading_with(file_source(other)));
  auto sealed = theirs.seal()->close("block", "n", test::as_bytes("meanwhile"));
  Store behind(backend_, OpenStore::MustExist, {}, reading_with(file_source(mine_)));
  Store* at = &behind;
  EXPECT_THAT(message_of(Code::FailedPrecondition, [&] { rotate_keys(std::span(&at, 1)); }),
              testing::HasSubstr("a rotation was interrupted"));
  message_of(Code::FailedPrecondition, [&] { remove_key(std::span(&at, 1), record_for(other).id()); });
  at = &theirs;
  EXPECT_EQ(rotate_keys(std::span(&at, 1)), 3u);
  Store later(backend_, OpenStore::MustExist, {}, reading_with(file_source(mine_)));
  EXPECT_EQ(test::as_text(later.seal()->open("block", "n", sealed, "it")), "meanwhile");
}

TEST_F(StoreKeysTest, AnExportOpensTheStoreWithoutItsKeys) {
  const Path safe = folder_ / "safe";
  write_secret_file(safe, ring_text(*store_.seal()).text());
  for (const KeyRecord& record : read_key_records(backend_)) remove_key_record(backend_, record);
  EXPECT_EQ(fingerprint(file_source(safe)), store_.seal()->fingerprint());
  message_of(Code::PermissionDenied, [&] { fingerprint(file_source(mine_)); });
}

TEST_F(StoreKeysTest, DamagedRecordsAreRefused) {
  KeyRecord record = read_key_records(backend_)[0];
  const std::string text = key_record_text(record);
  for (size_t size = 0; size < text.size(); ++size) {
    EXPECT_THROW(parse_key_record(text.substr(0, size), "it"), Error) << size;
  }
  EXPECT_EQ(key_record_text(parse_key_record(text, "it")), text);
  backend_.set("keys/0123456789abcdef.json", Bytes(test::as_bytes(text).begin(), test::as_bytes(text).end()));
  message_of(Code::DataLoss, [&] { read_key_records(backend_); });
}

TEST_F(StoreKeysTest, AnUnsealedStoreIsRefusedWhereASealIsWanted) {
  MemoryBackend open;
  Store(open, OpenStore::CreateIfEmpty);
  EXPECT_THAT(message_of(Code::FailedPrecondition, [&] { Store(open, OpenStore::MustExist, {}, sealing_with(mine_)); }),
              HasSubstr("not sealed"));
  MemoryBackend empty;
  StoreKeys::Options options;
  options.seal = true;
  message_of(Code::FailedPrecondition,
             [&] { Store(empty, OpenStore::CreateIfEmpty, {}, std::make_shared<StoreKeys>(options)); });
  EXPECT_TRUE(empty.copy().empty());
}

TEST_F(StoreKeysTest, AMirrorSharesTheKeysAndNeedsNone) {
  MemoryBackend second, open, other;
  Store locked(backend_, OpenStore::MustExist);
  const auto mirror = Store::mirror(second, locked);
  EXPECT_EQ(mirror->uuid(), store_.uuid());
  EXPECT_TRUE(mirror->sealed());
  EXPECT_EQ(second.copy(), backend_.copy());
  const Path colleague = key_file(folder_.path(), "colleague.key");
  add(record_for(colleague));
  Store::mirror(second, locked);
  EXPECT_EQ(second.copy(), backend_.copy());
  Store(open, OpenStore::CreateIfEmpty, store_.uuid());
  message_of(Code::FailedPrecondition, [&] { Store::mirror(open, locked); });
  other.set("holiday.jpg", Bytes(3));
  message_of(Code::FailedPrecondition, [&] { Store::mirror(other, locked); });
  EXPECT_EQ(other.copy().size(), 1u);
}

TEST_F(StoreKeysTest, ManifestsAreSignedAndStrangersRefused) {
  Manifest manifest;
  manifest.info.run = "run";
  manifest.info.sequence = manifest.info.generation = manifest.info.generation_start = 1;
  manifest.info.digest = sha256("x").hex();
  manifest.parts = {{0, {}}};
  const auto keys = [&](const std::string& sign, const std::string& trust) {
    StoreKeys::Options options;
    options.key.file = mine_;
    if (!sign.empty()) options.sign = folder_ / sign;
    if (!trust.empty()) options.trust = folder_ / trust;
    return std::make_shared<StoreKeys>(options);
  };
  const Path signer = key_file(folder_.path(), "signer.key"), stranger = key_file(folder_.path(), "stranger.key");
  test::write_text(
      folder_ / "trusted",
      cat("# of the team\n\n", public_text(kSignerPrefix, read_identity(signer).signer()), "  the trainer\n"));
  for (const auto& [sign, accepted] :
       std::map<std::string, bool>{{"signer.key", true}, {"stranger.key", false}, {"", false}}) {
    Store writer(backend_, OpenStore::MustExist, {}, keys(sign, ""));
    ++manifest.info.sequence;
    ASSERT_TRUE(writer.publish(manifest, {}));
    EXPECT_NO_THROW(writer.read_manifest(manifest.key()));
    Store reader(backend_, OpenStore::MustExist, {}, keys("", "trusted"));
    if (accepted) {
      EXPECT_EQ(reader.read_manifest(manifest.key())->signer, read_identity(signer).signer());
    } else {
      const std::string said = message_of(Code::DataLoss, [&] { reader.read_manifest(manifest.key()); });
      EXPECT_THAT(said, HasSubstr(sign.empty() ? "not signed" : "signed by cairn-signer-1:"));
      EXPECT_THAT(said, HasSubstr("trusted"));
    }
  }
  test::write_text(folder_ / "bad", "cairn-signer-1:12\n");
  Store reader(backend_, OpenStore::MustExist, {}, keys("", "bad"));
  EXPECT_THAT(message_of(Code::InvalidArgument, [&] { reader.read_manifest(manifest.key()); }), HasSubstr("bad:1"));
}

}  // namespace
}  // namespace cairn
