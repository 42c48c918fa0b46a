#include "model/pickle.h"

#include "base/little_endian.h"
#include "model/pickle_opcodes.h"
#include "model/pickle_stack.h"

namespace cairn {
namespace {

using Kind = PickleNode::Kind;

using namespace pickle_opcodes;

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const KnownGlobal& known, const std::string& source)
      : bytes_(bytes, source), known_(known), source_(source) {}

  Pickle run() {
    while (true) {
      at_ = bytes_.at();
      const auto op = bytes_.number<uint8_t>();
      if (op == kStop) break;
      if (!value(op) && !container(op) && !memory(op) && !object(op)) bad(cat("opcode ", int{op}, " is not known"));
    }
    return stack_.finish();
  }

 private:
  bool value(uint8_t op) {
    switch (op) {
      case kNone:
        stack_.make(Kind::None);
        return true;
      case kTrue:
      case kFalse:
        stack_.make(Kind::Boolean).integer = op == kTrue ? 1 : 0;
        return true;
      case kInteger1:
        integer(bytes_.number<uint8_t>());
        return true;
      case kInteger2:
        integer(bytes_.number<uint16_t>());
        return true;
      case kInteger4:
        integer(static_cast<int32_t>(bytes_.number<uint32_t>()));
        return true;
      case kLong1:
        integer(long1());
        return true;
      case kReal:
        stack_.make(Kind::Real).real = std::bit_cast<double>(__builtin_bswap64(bytes_.number<uint64_t>()));
        return true;
      case kText1:
      case kString1:
      case kBytes1:
        text(bytes_.number<uint8_t>());
        return true;
      case kText4:
      case kString4:
      case kBytes4:
        text(bytes_.number<uint32_t>());
        return true;
      case kText8:
      case kBytes8:
        text(bytes_.number<uint64_t>());
        return true;
      default:
        return false;
    }
  }

  bool container(uint8_t op) {
    switch (op) {
      case kMark:
        stack_.mark();
        return true;
      case kEmptyList:
        stack_.make(Kind::List);
        return true;
      case kEmptySet:
        stack_.make(Kind::Set);
        return true;
      case kEmptyDictionary:
        stack_.make(Kind::Dictionary);
        return true;
      case kEmptyTuple:
        stack_.make(Kind::Tuple);
        return true;
      case kTuple1:
      case kTuple2:
      case kTuple3:
        stack_.tuple(stack_.take(op - kTuple1 + 1U));
        return true;
      case kTuple:
        stack_.tuple(stack_.take_marked());
        return true;
      case kAppend:
        stack_.append(stack_.take(1));
        return true;
      case kAppends:
      case kAddItems:
        stack_.append(stack_.take_marked());
        return true;
      case kSetItem:
        stack_.set_items(stack_.take(2));
        return true;
      case kSetItems:
        stack_.set_items(stack_.take_marked());
        return true;
      default:
        return false;
    }
  }

  bool memory(uint8_t op) {
    switch (op) {
      case kPop:
        stack_.take(1);
        return true;
      case kPopMark:
        stack_.take_marked();
        return true;
      case kDuplicate:
        stack_.duplicate();
        return true;
      case kPut1:
        stack_.put(bytes_.number<uint8_t>());
        return true;
      case kPut4:
        stack_.put(bytes_.number<uint32_t>());
        return true;
      case kMemoize:
        stack_.memoize();
        return true;
      case kGet1:
        stack_.get(bytes_.number<uint8_t>());
        return true;
      case kGet4:
        stack_.get(bytes_.number<uint32_t>());
        return true;
      case kProtocol:
        if (const auto protocol = bytes_.number<uint8_t>(); protocol < 2 || protocol > 5)
          bad(cat("protocol ", int{protocol}, " is not known"));
        return true;
      case kFrame:
        if (bytes_.number<uint64_t>() > bytes_.left()) bad("a frame reaches beyond the end");
        return true;
      default:
        return false;
    }
  }

  bool object(uint8_t op) {
    switch (op) {
      case kGlobal: {
        const std::string module = line(), name = line();
        global(module + " " + name);
        return true;
      }
      case kStackGlobal: {
        const PickleIndices words = stack_.take(2);
        global(text_of(words[0]) + " " + text_of(words[1]));
        return true;
      }
      case kPersistent: {
        PickleIndices id = stack_.take(1);
        stack_.make(Kind::Persistent).items = std::move(id);
        return true;
      }
      case kReduce:
      case kNewObject:
        stack_.call(stack_.take(2));
        return true;
      case kBuild:
        stack_.build(stack_.take(1)[0]);
        return true;
      default:
        return false;
    }
  }

  void integer(int64_t number) { stack_.make(Kind::Integer).integer = number; }

  int64_t long1() {
    const auto size = bytes_.number<uint8_t>();
    if (size > 8) bad(cat("an integer of ", int{size}, " bytes"));
    uint64_t number = 0;
    const auto raw = bytes_.raw(size);
    for (size_t i = 0; i < size; ++i) number |= static_cast<uint64_t>(raw[i]) << 8 * i;
    const bool negative = size > 0 && size < 8 && (static_cast<uint8_t>(raw[size - 1U]) & 0x80) != 0;
    return static_cast<int64_t>(negative ? number | ~uint64_t{0} << 8 * size : number);
  }

  void text(uint64_t size) {
    if (size > bytes_.left()) bad(cat("a text of ", size, " bytes, ", bytes_.left(), " are left"));
    const auto raw = bytes_.raw(size);
    stack_.make(Kind::Text).text.assign(reinterpret_cast<const char*>(raw.data()), raw.size());
  }

  std::string line() {
    std::string text;
    for (auto c = static_cast<char>(bytes_.number<uint8_t>()); c != '\n';
         c = static_cast<char>(bytes_.number<uint8_t>()))
      text += c;
    if (text.size() > kMaxPickleName) bad("a name is too long");
    return text;
  }

  std::string text_of(uint32_t index) const {
    const PickleNode& node = stack_.node(index);
    if (node.kind != Kind::Text || node.text.size() > kMaxPickleName) bad("a name that is no text, or too long");
    return node.text;
  }

  void global(const std::string& name) {
    if (!known_(name)) {
      fail(Code::PermissionDenied, source_, " refers to '", name, "' at byte ", at_,
           ", which no file of weights needs. Nothing of it was executed. Get the weights as safetensors, or save only "
           "the state: torch.save(model.state_dict(), ...)");
    }
    stack_.make(Kind::Global).text = name;
  }

  [[noreturn]] void bad(const std::string& what) const { bad_pickle(source_, at_, what); }

  ByteReader bytes_;
  const KnownGlobal& known_;
  const std::string& source_;
  size_t at_ = 0;
  PickleStack stack_{source_, at_};
};

}  // namespace

Pickle read_pickle(std::span<const std::byte> bytes, const KnownGlobal& known, const std::string& source) {
  if (bytes.size() > kMaxPickle) {
    fail(Code::DataLoss, source, " is a pickle of ", bytes.size(), " bytes; more than ", kMaxPickle, " are not read");
  }
  return Machine(bytes, known, source).run();
}

}  // namespace cairn
