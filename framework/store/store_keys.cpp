#include "store/store_keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <cairn/process.h>

#include "base/text_bytes.h"

namespace cairn {

namespace {

constexpr std::string_view kRingPrefix = "cairn-ring-1:";
constexpr uint64_t kLargestKeyFile = 1u << 20;
constexpr size_t kLargestWrapped = 64u << 10;
constexpr std::chrono::seconds kCommandTime{60};

std::string_view first_line(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::string list_of(const std::vector<KeyRecord>& records) {
  std::string out;
  for (const KeyRecord& each : records) {
    out += cat(out.empty() ? "" : ", ", each.id(), " (", name_of(each.kind), each.label.empty() ? "" : " ", each.label,
               ")");
  }
  return out.empty() ? "none" : out;
}

// A line "cairn-ring-1:<repository>:<digits>" of this repository.
std::optional<Seal> exported_ring(std::string_view text, const std::string& repository, const std::string& what) {
  const std::string begin = cat(kRingPrefix, repository, ":");
  const size_t at = text.find(begin);
  if (at == std::string_view::npos) return std::nullopt;
  auto raw = from_hex(first_line(text.substr(at + begin.size())));
  if (!raw) fail(Code::InvalidArgument, what, " holds no ring of keys as 'cairn key export' writes it");
  const LockedBytes ring = LockedBytes::copy_of(std::as_bytes(std::span(raw->data(), raw->size())));
  wipe(*raw);
  return Seal::from_ring(repository, ring.bytes(), what);
}

LockedBytes locked(std::string& text) {
  LockedBytes out = LockedBytes::copy_of(bytes_of(text));
  wipe(text);
  return out;
}

Finished run_key_command(const std::vector<std::string>& command, const char* verb, std::string input) {
  Program program;
  program.arguments = command;
  program.arguments.emplace_back(verb);
  program.input = std::move(input);
  program.limit = kCommandTime;
  program.largest_output = kLargestWrapped;
  Finished finished = run_program(program);
  wipe(program.input);
  if (finished.status != 0) {
    wipe(finished.output);
    fail(Code::PermissionDenied, "the key command '", command[0], " ", verb, "' ended with status ", finished.status,
         "; what it said is not shown");
  }
  return finished;
}

}  // namespace

std::string KeySource::describe() const {
  if (!file.empty()) return cat("the key file ", file.string());
  if (!command.empty()) return cat("the key command '", command[0], "'");
  if (!passphrase_env.empty()) return cat("the passphrase in $", passphrase_env);
  if (!passphrase_file.empty()) return cat("the passphrase in ", passphrase_file.string());
  return "no key";
}

LockedBytes read_secret_file(const Path& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 077) != 0) {
    fail(Code::PermissionDenied, path.string(), " holds a secret and others may read it: chmod 600 ", path.string());
  }
  Bytes bytes = read_whole(real_files(), path, kLargestKeyFile);
  LockedBytes out = LockedBytes::copy_of(bytes);
  wipe(bytes);
  return out;
}

void write_secret_file(const Path& path, std::string_view text) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) {
    fail(errno == EEXIST ? Code::AlreadyExists : Code::PermissionDenied, "cannot make the key file ", path.string(),
         ": ", std::strerror(errno));
  }
  const bool good = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  close(file);
  if (good) return;
  unlink(path.c_str());
  fail(Code::ResourceExhausted, "cannot write the key file ", path.string(), "; it was removed");
}

Identity read_identity(const Path& path) {
  return Identity::parse(read_secret_file(path).text(), path.string());
}

std::set<PublicKey> read_trusted(const Path& path) {
  const Bytes bytes = read_whole(real_files(), path, kLargestKeyFile);
  std::string_view text = text_of(bytes);
  std::set<PublicKey> trusted;
  for (int line = 1; !text.empty(); ++line) {
    std::string_view each = first_line(text);
    text.remove_prefix(
        std::min(text.size(), text.find('\n') == std::string_view::npos ? text.size() : text.find('\n') + 1));
    each = each.substr(0, each.find_first_of(" \t#"));
    if (!each.empty()) trusted.insert(parse_public(kSignerPrefix, each, cat(path.string(), ":", line)));
  }
  return trusted;
}

LockedBytes ring_text(const Seal& seal) {
  const LockedBytes ring = seal.ring();
  std::string digits = to_hex(ring.bytes());
  std::string text;
  text.reserve(kRingPrefix.size() + seal.repository().size() + digits.size() + 2);
  text.append(kRingPrefix).append(seal.repository()).append(":").append(digits).append("\n");
  wipe(digits);
  return locked(text);
}

std::vector<std::byte> wrap_by_command(const std::vector<std::string>& command, const Identity& identity) {
  const Finished finished = run_key_command(command, "wrap", std::string(identity.text().text()));
  const auto* begin = reinterpret_cast<const std::byte*>(finished.output.data());
  if (finished.output.empty()) fail(Code::FailedPrecondition, "the key command '", command[0], " wrap' wrote nothing");
  return {begin, begin + finished.output.size()};
}

const Identity& StoreKeys::file_identity() {
  if (!file_) file_ = Identity::parse(key_file().text(), options_.key.file.string());
  return *file_;
}

const LockedBytes& StoreKeys::key_file() {
  if (!key_file_) key_file_ = read_secret_file(options_.key.file);
  return *key_file_;
}

const LockedBytes& StoreKeys::passphrase() {
  if (passphrase_) return *passphrase_;
  const KeySource& key = options_.key;
  LockedBytes text(0);
  if (!key.passphrase_env.empty()) {
    const char* value = std::getenv(key.passphrase_env.c_str());
    if (value == nullptr) fail(Code::FailedPrecondition, "the variable ", key.passphrase_env, " is not set");
    text = LockedBytes::copy_of(std::as_bytes(std::span(value, std::strlen(value))));
  } else {
    const LockedBytes whole = read_secret_file(key.passphrase_file);
    const std::string_view line = first_line(whole.text());
    text = LockedBytes::copy_of(bytes_of(line));
  }
  if (text.size() == 0) fail(Code::FailedPrecondition, key.describe(), " is empty");
  return passphrase_.emplace(std::move(text));
}

const Identity& StoreKeys::passphrase_identity(const PassphraseCost& cost) {
  for (const auto& [known, identity] : by_passphrase_) {
    if (known == cost) return identity;
  }
  return by_passphrase_.emplace_back(cost, Identity::from_passphrase(passphrase().text(), cost)).second;
}

const Identity& StoreKeys::command_identity(const std::vector<std::byte>& wrapped) {
  for (const auto& [known, identity] : by_command_) {
    if (known == wrapped) return identity;
  }
  const std::vector<std::string>& command = options_.key.command;
  Finished finished = run_key_command(command, "unwrap", std::string(text_of(wrapped)));
  const LockedBytes text = locked(finished.output);
  return by_command_
      .emplace_back(wrapped, Identity::parse(text.text(), cat("what the key command '", command[0], " unwrap' prints")))
      .second;
}

std::optional<Seal> StoreKeys::try_record(const std::string& repository, const KeyRecord& record) {
  const KeySource& key = options_.key;
  if (!key.file.empty()) return open_key_record(record, file_identity(), repository);
  if (!key.command.empty()) {
    if (record.kind == KeyRecord::Kind::Passphrase) return std::nullopt;
    return open_key_record(record, command_identity(record.wrapped_identity), repository);
  }
  if (record.kind != KeyRecord::Kind::Passphrase) return std::nullopt;
  return open_key_record(record, passphrase_identity(record.cost), repository);
}

std::shared_ptr<const Seal> StoreKeys::unlock(const std::string& repository, const std::vector<KeyRecord>& records,
                                              const std::string& store) {
  const std::lock_guard lock(mutex_);
  const KeySource& key = options_.key;
  if (key.empty()) {
    fail(
        Code::FailedPrecondition, "the ", store, " is sealed, and no key is named: say key.file, key.command, ",
        "key.passphrase_env or key.passphrase_file in [checkpoint] of the pipeline or the site, or set CAIRN_KEY_FILE");
  }
  if (!key.file.empty()) {
    if (auto seal = exported_ring(key_file().text(), repository, key.file.string())) {
      return std::make_shared<const Seal>(std::move(*seal));
    }
  }
  const auto known = known_.find(repository);
  // A command that unwraps has nothing to say to a record that it did not wrap.
  std::vector<KeyRecord> in_order = records;
  std::stable_partition(in_order.begin(), in_order.end(),
                        [](const KeyRecord& each) { return each.kind == KeyRecord::Kind::Command; });
  for (const KeyRecord& record : in_order) {
    if (known != known_.end() && known->second.ring == record.ring) return known->second.seal;
    auto seal = try_record(repository, record);
    if (!seal) continue;
    auto shared = std::make_shared<const Seal>(std::move(*seal));
    known_[repository] = {record.ring, shared};
    return shared;
  }
  fail(Code::PermissionDenied, key.describe(), " opens none of the keys of the ", store, ": ", list_of(records),
       ". Nothing was changed. ",
       file_ ? cat("Its recipient is ", public_text(kRecipientPrefix, file_->recipient()),
                   ": let somebody who can open the store run 'cairn key add' for it")
             : std::string("Name another key, or let somebody who can open the store run 'cairn key add'"));
}

KeyRecord StoreKeys::own_record() {
  const std::lock_guard lock(mutex_);
  const KeySource& key = options_.key;
  KeyRecord record;
  if (!key.file.empty()) {
    record.recipient = file_identity().recipient();
  } else if (!key.command.empty()) {
    const Identity identity = Identity::random();
    record.kind = KeyRecord::Kind::Command;
    record.wrapped_identity = wrap_by_command(key.command, identity);
    record.recipient = identity.recipient();
  } else if (!key.empty()) {
    record.kind = KeyRecord::Kind::Passphrase;
    record.cost = Identity::new_cost();
    record.recipient = passphrase_identity(record.cost).recipient();
  } else {
    fail(Code::FailedPrecondition, "a sealed store needs a key: make one with 'cairn key new FILE' and say ",
         "key.file = \"FILE\" in [checkpoint], or name key.passphrase_env, key.passphrase_file or key.command");
  }
  return record;
}

const Identity* StoreKeys::signer() {
  if (options_.sign.empty()) return nullptr;
  const std::lock_guard lock(mutex_);
  if (!signer_) signer_ = read_identity(options_.sign);
  return &*signer_;
}

void StoreKeys::check_signer(const std::optional<PublicKey>& signer, const std::string& what) {
  if (options_.trust.empty()) return;
  const std::lock_guard lock(mutex_);
  if (!trusted_) trusted_ = read_trusted(options_.trust);
  if (signer && trusted_->contains(*signer)) return;
  fail(Code::DataLoss, what, signer ? cat(" is signed by ", public_text(kSignerPrefix, *signer)) : " is not signed",
       ", and only signers in ", options_.trust.string(), " are trusted; it is not used");
}

}  // namespace cairn
