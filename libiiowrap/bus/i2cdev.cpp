// SPDX-License-Identifier: MIT
#include "bus/i2cdev.hpp"

#include "bus/smbus.hpp"

#include <array>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <map>

namespace iio::bus {

namespace {

// What i2c-dev takes in one message; more is its EINVAL (measured, Linux 6.1).
constexpr std::size_t max_message_bytes = 8192;

// When an adapter gives a transfer up, in units of 10 ms: 1 s, as the kernel has it for adapters
// that name no time of their own. Retries follow lost arbitration only and end with it.
constexpr unsigned long timeout_10ms = 100;
constexpr unsigned long retries = 3;

Result<unsigned long> configure(Node &node, Deadline deadline)
{
    unsigned long functions = 0;
    IIO_TRY(node.ioctl(I2C_FUNCS, &functions, deadline));
    IIO_TRY(node.ioctl(I2C_TIMEOUT, timeout_10ms, deadline));
    IIO_TRY(node.ioctl(I2C_RETRIES, retries, deadline));
    return functions;
}

Result<void> check(std::span<const I2cMessage> messages)
{
    if (messages.empty())
        return fail(EINVAL);
    if (messages.size() > I2C_RDWR_IOCTL_MAX_MSGS)
        return fail(EMSGSIZE);
    for (const I2cMessage &message : messages) {
        if (message.is_read() && message.in().empty())
            return fail(EINVAL);
        if (message.out().size() > max_message_bytes || message.in().size() > max_message_bytes)
            return fail(EMSGSIZE);
    }
    return {};
}

i2c_msg to_kernel(std::uint8_t address, const I2cMessage &message)
{
    if (message.is_read())
        return {.addr = address,
                .flags = I2C_M_RD,
                .len = static_cast<std::uint16_t>(message.in().size()),
                .buf = message.in().data()};
    // The kernel only reads the bytes of a write.
    return {.addr = address,
            .flags = 0,
            .len = static_cast<std::uint16_t>(message.out().size()),
            .buf = const_cast<std::uint8_t *>(message.out().data())};
}

Result<void> transfer_i2c(Node &node, std::uint8_t address, std::span<const I2cMessage> messages,
                          Deadline deadline)
{
    std::array<i2c_msg, I2C_RDWR_IOCTL_MAX_MSGS> array;
    i2c_rdwr_ioctl_data request{.msgs = array.data(), .nmsgs = 0};
    for (const I2cMessage &message : messages)
        array[request.nmsgs++] = to_kernel(address, message);
    const int done = IIO_TRY(node.ioctl(I2C_RDWR, &request, deadline));
    return static_cast<std::size_t>(done) == messages.size() ? Result<void>{} : fail(EIO);
}

} // namespace

Result<std::shared_ptr<I2cAdapter>> I2cAdapter::open(const std::string &path)
{
    static std::mutex mutex;
    static std::map<dev_t, std::weak_ptr<I2cAdapter>> live;

    Node node{path};
    IIO_TRY(node.open());
    const unsigned long functions = IIO_TRY(configure(node, transaction_deadline()));
    const dev_t device = IIO_TRY(node.device());

    const std::lock_guard lock{mutex};
    std::erase_if(live, [](const auto &entry) { return entry.second.expired(); });
    std::weak_ptr<I2cAdapter> &known = live[device];
    std::shared_ptr<I2cAdapter> adapter = known.lock();
    if (!adapter)
        known = adapter = std::make_shared<I2cAdapter>(Private{}, std::move(node), functions);
    return adapter;
}

I2cAdapter::I2cAdapter(Private, Node node, unsigned long functions)
    : node_{std::move(node)}, functions_{functions}
{
}

Result<I2cAdapter::Turn> I2cAdapter::begin(Deadline deadline)
{
    Turn turn{mutex_, deadline};
    if (!turn)
        return fail(ETIMEDOUT);
    if (!node_.is_open()) {
        IIO_TRY(node_.reopen());
        const auto functions = configure(node_, deadline);
        if (!functions) {
            node_.close();
            return fail(functions.error());
        }
        functions_ = *functions;
    }
    return turn;
}

Result<void> I2cAdapter::check_free(std::uint8_t address)
{
    const Deadline deadline = transaction_deadline();
    const Turn turn = IIO_TRY(begin(deadline));
    IIO_TRY(node_.ioctl(I2C_SLAVE, address, deadline));
    return {};
}

Result<void> I2cAdapter::transfer(std::uint8_t address, std::span<const I2cMessage> messages)
{
    IIO_TRY(check(messages));
    const Deadline deadline = transaction_deadline();
    const Turn turn = IIO_TRY(begin(deadline));
    IIO_TRY(node_.ioctl(I2C_SLAVE, address, deadline));
    if ((functions_ & I2C_FUNC_I2C) != 0)
        return transfer_i2c(node_, address, messages, deadline);
    return Smbus{node_, functions_, deadline}.transfer(messages);
}

std::size_t I2cAdapter::most_read_at_once() const
{
    const unsigned long functions = functions_;
    if ((functions & I2C_FUNC_I2C) != 0)
        return max_message_bytes;
    return Smbus::most_read_at_once(functions);
}

Result<std::unique_ptr<I2cDevClient>> I2cDevClient::create(std::shared_ptr<I2cAdapter> adapter,
                                                           unsigned address)
{
    if (address < first_address || address > last_address)
        return fail(EINVAL);
    const auto seven_bits = static_cast<std::uint8_t>(address);
    IIO_TRY(adapter->check_free(seven_bits));
    return std::unique_ptr<I2cDevClient>{new I2cDevClient{std::move(adapter), seven_bits}};
}

} // namespace iio::bus
