// SPDX-License-Identifier: MIT
//
// Device<D, State>: a driver object and the state that it is in.
//
//     auto device = Device<As5600, Unregistered>::probe(hardware);   Result
//     auto live = std::move(*device).register_on(registry);          Result
//     live->view().read("in_angl_raw");
//
// The driver is built in zeroed memory, and never moves. A device
// that is not registered cannot be read, one that is registered cannot be
// registered again: neither compiles. Dropping a registered device hides it,
// waits for calls in flight, destroys the driver and frees its memory, in this
// order.
//
// Threads: a Device belongs to one thread at a time; its view() to all.
// Lifetime: the Hardware's bus and the Registry outlive it.
#pragma once

#include <cstdlib>
#include <functional>
#include <iio/driver/driver.hpp>
#include <iio/host/health.hpp>
#include <iio/host/registry.hpp>
#include <memory>
#include <new>
#include <string>

namespace iio {

struct Unregistered {};
struct Registered {};

namespace detail {

/// Sets one function of the C ABI where the driver has the face, and refuses a
/// driver that has a member of that name with another signature.
#define IIO_FACE(Face, operation, member)                                                          \
    if constexpr (face::Face<D>)                                                                   \
        info.operation = &Trampoline<D>::operation;                                                \
    else                                                                                           \
        static_assert(                                                                             \
            !requires { &D::member; },                                                             \
            #member " is not const or has another signature than iio/driver/driver.hpp says")

template <Driver D> consteval iio_info make_info()
{
    iio_info info{};
    info.read_raw = &Trampoline<D>::read_raw;
    IIO_FACE(WritesRaw, write_raw, write_raw);
    IIO_FACE(ChoosesWriteFormat, write_raw_get_fmt, write_format);
    IIO_FACE(ReadsAvailable, read_avail, read_avail);
    IIO_FACE(ReadsLabel, read_label, read_label);
    IIO_FACE(ReadsExt, read_ext, read_ext);
    IIO_FACE(WritesExt, write_ext, write_ext);
    IIO_FACE(ReadsEnum, read_enum, read_enum);
    IIO_FACE(WritesEnum, write_enum, write_enum);
    IIO_FACE(HasMountMatrix, mount_matrix, mount_matrix);
    IIO_FACE(ReadsEventConfig, read_event_config, read_event_config);
    IIO_FACE(WritesEventConfig, write_event_config, write_event_config);
    IIO_FACE(ReadsEventValue, read_event_value, read_event_value);
    IIO_FACE(WritesEventValue, write_event_value, write_event_value);
    IIO_FACE(ReadsRegister, read_register, read_register);
    IIO_FACE(WritesRegister, write_register, write_register);
    IIO_FACE(ReadsAttribute, read_attribute, read_attribute);
    IIO_FACE(WritesAttribute, write_attribute, write_attribute);
    IIO_FACE(Scans, scan, scan);
    IIO_FACE(StartsBuffer, start_buffer, start_buffer);
    IIO_FACE(StopsBuffer, stop_buffer, stop_buffer);
    IIO_FACE(FlushesFifo, flush_fifo, flush_fifo);
    IIO_FACE(SetsTrigger, set_trigger, set_trigger);
    IIO_FACE(ReenablesTrigger, reenable_trigger, reenable_trigger);
    IIO_FACE(HandlesInterrupt, handle_interrupt, handle_interrupt);
    return info;
}

#undef IIO_FACE

/// The same for a face that is data and not called later on.
#define IIO_DATA(Face, member, ...)                                                                \
    if constexpr (face::Face<D>)                                                                   \
        __VA_ARGS__;                                                                               \
    else                                                                                           \
        static_assert(                                                                             \
            !requires { &D::member; },                                                             \
            #member " is not const or has another signature than iio/driver/driver.hpp says")

template <Driver D> inline constexpr iio_info info_of = make_info<D>();

/// A T in zeroed memory.
template <class T> struct Zeroed {
    struct Free {
        void operator()(T *object) const
        {
            object->~T();
            std::free(object);
        }
    };
    using Pointer = std::unique_ptr<T, Free>;

    /// Errors: ENOMEM; EIO: the constructor threw.
    template <class... Args> static Result<Pointer> make(Args &&...args)
    {
        static_assert(alignof(T) <= alignof(std::max_align_t));
        void *memory = std::calloc(1, sizeof(T));
        if (!memory)
            return fail(ENOMEM);
        try {
            return Pointer{new (memory) T{std::forward<Args>(args)...}};
        } catch (...) {
            std::free(memory);
            return fail(EIO);
        }
    }
};

/// Whether the part holds what the driver, or the class of a pair's chip, told it.
template <class D> Result<bool> is_configured(const iio_dev &dev, const D &driver)
{
    if constexpr (face::TellsConfigured<D>) {
        const int code = call(&dev, "is_configured", [&] {
            const auto configured = driver.is_configured();
            return configured ? static_cast<int>(*configured) : code_of(configured);
        });
        return code < 0 ? Result<bool>{fail(-code)} : Result<bool>{code != 0};
    } else {
        static_assert(
            !requires { &D::is_configured; },
            "is_configured is not const or has another signature than iio/driver/driver.hpp says");
        return false;
    }
}

/// A driver and what the core knows of it.
template <Driver D> class Box {
public:
    using Pointer = std::unique_ptr<Box>;

    template <class... More> static Result<Pointer> make(const Hardware &hardware, More &...more)
    {
        Pointer box{new Box{hardware.part()}};
        box->make_driver_ = [hardware = hardware.with_host(Host{box->dev_}), &more...] {
            return Zeroed<D>::make(hardware, more...);
        };
        IIO_TRY(box->make_driver());
        return box;
    }

    Result<void> probe()
    {
        IIO_TRY(probe_driver());
        describe();
        return {};
    }
    void drop_driver() { driver_.reset(); }
    /// In the place of the one that was dropped.
    Result<void> make_driver()
    {
        driver_ = IIO_TRY(make_driver_());
        dev_.priv = driver_.get();
        return {};
    }
    /// Errors: ENODEV, too: another part answers than before.
    Result<void> probe_again()
    {
        IIO_TRY(probe_driver());
        if (driver_->channels().channels().data() != dev_.channels)
            return fail(ENODEV);
        return {};
    }
    [[nodiscard]] Result<bool> is_configured() const
    {
        return driver_ ? detail::is_configured(dev_, *driver_) : Result<bool>{false};
    }

    [[nodiscard]] iio_dev &dev() { return dev_; }
    [[nodiscard]] const D &driver() const { return *driver_; }

private:
    explicit Box(std::string_view part) : name_{part} { dev_.name = name_.c_str(); }
    Result<void> probe_driver()
    {
        const int code = call(&dev_, "probe", [&] { return code_of(driver_->probe()); });
        return code < 0 ? fail(-code) : Result<void>{};
    }
    void describe()
    {
        if constexpr (requires(const D d) {
                          {
                              d.name()
                              } -> std::convertible_to<std::string_view>;
                      })
            name_ = std::string_view{driver_->name()};
        dev_.abi_version = IIO_WRAP_ABI_VERSION;
        dev_.modes = IIO_MODE_DIRECT;
        if constexpr (requires { D::one_hot_scan; })
            dev_.one_hot_scan = D::one_hot_scan;
        if constexpr (requires { D::own_trigger_only; })
            dev_.own_trigger_only = D::own_trigger_only;
        dev_.name = name_.c_str();
        dev_.info = &info_of<D>;
        set(dev_.channels, dev_.num_channels, driver_->channels().channels());
        describe_faces();
    }

    void describe_faces()
    {
        IIO_DATA(HasModes, modes, dev_.modes |= driver_->modes());
        IIO_DATA(HasAttributes, attributes,
                 set(dev_.attributes, dev_.num_attributes, driver_->attributes()));
        IIO_DATA(HasScanMasks, scan_masks,
                 set(dev_.scan_masks, dev_.num_scan_masks, driver_->scan_masks()));
        IIO_DATA(HasTriggers, triggers, set(dev_.triggers, dev_.num_triggers, driver_->triggers()));
    }

    template <class C, class T>
    static void set(const C *&data, std::uint32_t &count, std::span<const T> items)
    {
        data = items.data();
        count = static_cast<std::uint32_t>(items.size());
    }

    iio_dev dev_{};
    std::string name_;
    std::function<Result<typename Zeroed<D>::Pointer>()> make_driver_;
    typename Zeroed<D>::Pointer driver_;
};

#undef IIO_DATA

} // namespace detail

template <class D, class State> class Device;

/// A device that answered its probe and that nobody sees yet.
template <class D> class Device<D, Unregistered> {
    static_assert(face::Probes<D>, "a driver has Result<void> probe()");
    static_assert(face::HasChannels<D>, "a driver has ChannelTable channels() const");
    static_assert(face::ReadsRaw<D>,
                  "a driver has Result<Value> read_raw(const Channel &, Info) const");

public:
    /// Builds the driver in place and lets it probe the part. `more` is what its
    /// constructor takes besides the Hardware.
    /// Errors: ENOMEM; EIO: the driver threw; else probe's own (ENODEV: another
    /// chip answers; ENXIO, EREMOTEIO: none does).
    template <class... More>
    [[nodiscard]] static Result<Device> probe(const Hardware &hardware, More &...more)
    {
        static_assert(std::constructible_from<D, const Hardware &, More &...>,
                      "a driver is constructible from const Hardware &");
        auto box = IIO_TRY(detail::Box<D>::make(hardware, more...));
        IIO_TRY(box->probe());
        return Device{std::move(box)};
    }

    /// Errors: as Registry::add; EINVAL also where this device was moved from.
    [[nodiscard]] Result<Device<D, Registered>> register_on(Registry &registry,
                                                            const DeviceOptions &options = {}) &&
    {
        if (!box_)
            return fail(EINVAL);
        auto box = std::move(box_);
        auto view = IIO_TRY(registry.add(box->dev(), options));
        return Device<D, Registered>{std::move(box), registry, std::move(view)};
    }

private:
    explicit Device(typename detail::Box<D>::Pointer box) : box_{std::move(box)} {}
    typename detail::Box<D>::Pointer box_;
};

/// A device that clients see.
template <class D> class Device<D, Registered> {
public:
    Device(Device &&other) noexcept = default;
    Device &operator=(Device &&) = delete;
    ~Device()
    {
        if (view_)
            registry_->remove(view_);
    }

    [[nodiscard]] const LiveDevice &view() const { return *view_; }
    [[nodiscard]] const std::shared_ptr<const LiveDevice> &shared_view() const { return view_; }
    [[nodiscard]] const D &driver() const { return box_->driver(); }
    /// For who recovers the part, see Recoverable.
    [[nodiscard]] detail::Box<D> &box() { return *box_; }
    [[nodiscard]] const detail::Box<D> &box() const { return *box_; }

private:
    friend class Device<D, Unregistered>;
    Device(typename detail::Box<D>::Pointer box, Registry &registry,
           std::shared_ptr<const LiveDevice> view)
        : box_{std::move(box)}, registry_{&registry}, view_{std::move(view)}
    {
    }
    typename detail::Box<D>::Pointer box_;
    Registry *registry_;
    std::shared_ptr<const LiveDevice> view_;
};

} // namespace iio
