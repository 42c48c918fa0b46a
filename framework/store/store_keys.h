// The keys that a process has for its stores: what opens sealed ones, who signs, whom it trusts.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <cairn/file.h>

#include "store/key_record.h"
#include "store/seal/identity.h"
#include "store/seal/seal.h"

namespace cairn {

// Where the key of sealed stores comes from; at most one is named. [value]
struct KeySource {
  Path file;                         // of 'cairn key new' or 'cairn key export'; for its owner's eyes only
  std::vector<std::string> command;  // is run with "unwrap" and prints what such a file holds; reads what it wrapped
  std::string passphrase_env;        // name of a variable
  Path passphrase_file;              // its first line
  bool empty() const { return file.empty() && command.empty() && passphrase_env.empty() && passphrase_file.empty(); }
  std::string describe() const;
};

// [any thread] Nothing is read before it is needed, and then once. No message holds a byte of a secret.
class StoreKeys {
 public:
  struct Options {
    bool seal = false;  // stores that are made are sealed; a store that is not is refused
    KeySource key;
    Path sign;   // key file of the signer; nobody signs when empty
    Path trust;  // signers, one a line; when given, what none of them signed is refused
  };
  explicit StoreKeys(Options options) : options_(std::move(options)) {}

  bool wants_seal() const { return options_.seal; }
  bool has_key() const { return !options_.key.empty(); }
  bool trusts_some() const { return !options_.trust.empty(); }
  const KeySource& source() const { return options_.key; }

  // The seal of a store by one of its records. FailedPrecondition when there is no key; PermissionDenied when it opens
  // none. `store` names it.
  std::shared_ptr<const Seal> unlock(const std::string& repository, const std::vector<KeyRecord>& records,
                                     const std::string& store);
  // A record for this process's own key, in a store that is made. Its ring is empty.
  KeyRecord own_record();
  const Identity* signer();  // null: nobody signs
  // DataLoss, naming `what`, when only trusted signers are accepted and this is none.
  void check_signer(const std::optional<PublicKey>& signer, const std::string& what);

 private:
  std::optional<Seal> try_record(const std::string& repository, const KeyRecord& record);
  const LockedBytes& key_file();
  const Identity& file_identity();
  const Identity& passphrase_identity(const PassphraseCost& cost);
  const LockedBytes& passphrase();
  const Identity& command_identity(const std::vector<std::byte>& wrapped);

  const Options options_;
  std::mutex mutex_;  // guards what follows
  std::optional<LockedBytes> key_file_;
  std::optional<Identity> file_;
  std::optional<LockedBytes> passphrase_;
  std::deque<std::pair<PassphraseCost, Identity>> by_passphrase_;
  std::deque<std::pair<std::vector<std::byte>, Identity>> by_command_;  // by what the command had wrapped
  std::optional<Identity> signer_;
  std::optional<std::set<PublicKey>> trusted_;
  struct Known {
    std::vector<std::byte> ring;  // as it was wrapped
    std::shared_ptr<const Seal> seal;
  };
  std::map<std::string, Known> known_;  // by repository
};

// A secret file: refused when others may read it. PermissionDenied, NotFound.
LockedBytes read_secret_file(const Path& path);
// A new file that only its owner may read; AlreadyExists when the name is taken.
void write_secret_file(const Path& path, std::string_view text);

Identity read_identity(const Path& path);
// Lines "cairn-signer-1:<digits>", with comments (#).
std::set<PublicKey> read_trusted(const Path& path);

// The master keys themselves, as 'cairn key export' writes them: open the store without any of its records.
LockedBytes ring_text(const Seal& seal);

// What a program makes of an identity, and the way back: `command` is run with "wrap" or "unwrap".
std::vector<std::byte> wrap_by_command(const std::vector<std::string>& command, const Identity& identity);

}  // namespace cairn
