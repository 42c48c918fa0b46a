#include <CLI/App.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/snapshots_options.h"
#include "store/manage_keys.h"

namespace cairn {
namespace {

struct KeyOptions : SnapshotOptions {
  std::string file, id, recipient, label;
  KeySource added;
};

// The stores that are there, each a copy of the first.
struct KeyStores {
  OpenStores opened;
  std::vector<std::unique_ptr<Store>> stores;
  std::vector<Store*> all() const {
    std::vector<Store*> out;
    for (const auto& each : stores) out.push_back(each.get());
    return out;
  }
};

KeyStores key_stores(Session& session, KeyOptions& options) {
  KeyStores out;
  out.opened = stores_for(session, options, options.name);
  std::string uuid;
  for (size_t i = 0; i < out.opened.backends.size(); ++i) {
    try {
      out.stores.push_back(out.opened.open(i, OpenStore::MustExist, uuid));
      uuid = out.stores.back()->uuid();
    } catch (const Error& error) {
      if (error.code() != Code::NotFound || i == 0) throw;  // an empty mirror gets the keys when it is made
    }
  }
  return out;
}

void print_identity(const Identity& identity) {
  std::cout << public_text(kRecipientPrefix, identity.recipient()) << "\n"
            << public_text(kSignerPrefix, identity.signer()) << "\n";
}

int make(const KeyOptions& options) {
  const Identity identity = Identity::random();
  write_secret_file(options.file, identity.text().text());
  print_identity(identity);
  return kExitDone;
}

int show(const KeyOptions& options) {
  print_identity(read_identity(options.file));
  return kExitDone;
}

KeyRecord wanted_record(const KeyOptions& options) {
  const int named = (options.recipient.empty() ? 0 : 1) + (options.added.command.empty() ? 0 : 1) +
                    (options.added.passphrase_env.empty() ? 0 : 1) + (options.added.passphrase_file.empty() ? 0 : 1);
  if (named != 1) {
    fail(Code::InvalidArgument, "name one of --recipient, --new-passphrase-env, --new-passphrase-file, --new-command");
  }
  KeyRecord record;
  if (options.recipient.empty()) {
    StoreKeys::Options keys;
    keys.key = options.added;
    record = StoreKeys(keys).own_record();
  } else {
    record.recipient = parse_public(kRecipientPrefix, options.recipient, "--recipient");
  }
  record.label = options.label;
  return record;
}

int add(Session& session, KeyOptions options) {
  const KeyRecord record = wanted_record(options);
  const KeyStores stores = key_stores(session, options);
  add_key(stores.all(), record);
  std::cout << record.id() << "  " << name_of(record.kind) << "  " << record.label << "  may open "
            << stores.stores.size() << (stores.stores.size() == 1 ? " store\n" : " stores\n");
  return kExitDone;
}

int remove(Session& session, KeyOptions options) {
  const KeyStores stores = key_stores(session, options);
  const KeyRecord record = remove_key(stores.all(), options.id);
  std::cout << record.id() << "  " << name_of(record.kind) << "  " << record.label
            << "  removed. What its owner has kept stays readable for him; 'cairn key rotate' ends that for what is "
               "written from now on\n";
  return kExitDone;
}

int list(Session& session, KeyOptions options) {
  const KeyStores stores = key_stores(session, options);
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const auto& store : stores.stores) {
    const auto records = store->sealed() ? read_key_records(store->backend()) : std::vector<KeyRecord>();
    if (!options.json) {
      std::cout << store->describe() << ": "
                << (store->sealed() ? cat(records.size(), records.size() == 1 ? " key" : " keys") : "not sealed")
                << "\n";
    }
    for (const KeyRecord& each : records) {
      json.push_back({{"store", store->describe()},
                      {"id", each.id()},
                      {"kind", name_of(each.kind)},
                      {"label", each.label},
                      {"recipient", public_text(kRecipientPrefix, each.recipient)},
                      {"newest", each.newest}});
      if (options.json) continue;
      std::cout << "  " << each.id() << "  " << name_of(each.kind) << "  up to key " << each.newest << "  "
                << each.label << "\n";
    }
  }
  if (options.json) std::cout << json.dump(2) << "\n";
  return kExitDone;
}

int export_keys(Session& session, KeyOptions options) {
  const KeyStores stores = key_stores(session, options);
  Store& store = *stores.stores.front();
  if (!store.sealed()) fail(Code::InvalidArgument, "the ", store.describe(), " is not sealed: it has no keys");
  write_secret_file(options.file, ring_text(*store.seal()).text());
  std::cout << options.file << "  opens the store " << store.uuid()
            << " without any of its keys; keep it where nobody else comes\n";
  return kExitDone;
}

int rotate(Session& session, KeyOptions options) {
  const KeyStores stores = key_stores(session, options);
  const uint32_t number = rotate_keys(stores.all());
  std::cout << "key " << number << " seals what is written from now on; a run that is under way uses it from its next "
            << "start. Older snapshots stay as they are: 'cairn snapshots sync' into a new store seals them anew\n";
  return kExitDone;
}

using Action = int (*)(Session&, KeyOptions);

CLI::App* add_verb(CLI::App& command, Session& session, const std::shared_ptr<KeyOptions>& options, const char* verb,
                   const char* help, Action action) {
  CLI::App* each = command.add_subcommand(verb, help);
  each->callback([&session, options, action] {
    session.action = [&session, options, action] { return action(session, *options); };
  });
  return each;
}

}  // namespace

void add_key_command(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("key", "keys of sealed stores, and of signers");
  command->require_subcommand(1);
  auto options = std::make_shared<KeyOptions>();  // co-owned by the callbacks below
  const auto verb = [&](const char* name, const char* help, Action action) {
    return add_verb(*command, session, options, name, help, action);
  };
  CLI::App* new_command = verb("new", "makes a key file; prints what others need to know of it: recipient and signer",
                               [](Session&, KeyOptions given) { return make(given); });
  CLI::App* show_command =
      verb("show", "prints recipient and signer of a key file", [](Session&, KeyOptions given) { return show(given); });
  CLI::App* add_command = verb("add", "lets one more key open the stores", add);
  CLI::App* remove_command = verb("remove", "takes a key away from the stores", remove);
  CLI::App* list_command = verb("list", "who may open the stores", list);
  CLI::App* export_command = verb("export", "writes the master keys themselves to a file, for the safe", export_keys);
  CLI::App* rotate_command = verb("rotate", "seals what is written from now on with a new master key", rotate);
  for (CLI::App* each : {new_command, show_command, export_command}) {
    each->add_option("file", options->file, "the key file")->required();
  }
  remove_command->add_option("id", options->id, "the beginning of the key's id")->required();
  add_command->add_option("--recipient", options->recipient, "of a key file, as 'cairn key new' has printed it");
  add_command->add_option("--new-passphrase-env", options->added.passphrase_env, "a variable that holds a passphrase");
  add_command->add_option("--new-passphrase-file", options->added.passphrase_file, "a file with a passphrase");
  add_command->add_option("--new-command", options->added.command,
                          "a program that wraps and unwraps a key on standard input, with its arguments");
  add_command->add_option("--label", options->label, "for people: whose it is");
  for (CLI::App* each : {add_command, remove_command, list_command, export_command, rotate_command}) {
    each->add_option("--run", options->name, "a run whose stores are meant");
    add_store_options(*each, *options);
  }
  list_command->add_flag("--json", options->json, "as JSON");
}

}  // namespace cairn
