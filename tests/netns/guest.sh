# shellcheck shell=bash
# A guest under Debian's kernel, emulated, for what this machine's kernel has
# not got; works where there is no KVM. Sourced by bash scripts.
#
#	guest_install || exit 77
#	guest_make DIR batman_adv tun || exit 1
#	guest_run DIR SECONDS /path/of/script
#
# The guest's files are this machine's, read-only, so programs that were built
# here run there; /run is empty and writable, and TMPDIR. It has no network
# card. DIR keeps the kernel, about 400 MiB.

GUEST_PACKAGES="qemu-system-x86 busybox-static cpio kmod"

# guest_install [PACKAGE...]: by apt, these and what a guest needs; says so.
guest_install() {
	local p missing=()
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null ||
		[ "$(uname -m)" != x86_64 ]; then
		echo "skipped: the guest needs root, apt and x86-64"
		return 1
	fi
	# shellcheck disable=SC2086  # a list
	for p in $GUEST_PACKAGES "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" \
			= installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	echo "installing by apt: ${missing[*]}"
	if ! guest_apt_install "${missing[@]}" &&
		! { apt-get update -qq && guest_apt_install "${missing[@]}"; }; then
		echo "skipped: apt cannot install ${missing[*]}"
		return 1
	fi
}

guest_apt_install() {
	DEBIAN_FRONTEND=noninteractive apt-get install -qq -y \
		--no-install-recommends "$@" >/dev/null 2>&1
}

# guest_make DIR MODULE...: a kernel and a first file system that mounts ours.
guest_make() {
	local dir=$1
	shift
	[ "$(cat "$dir/made" 2>/dev/null)" != "$*" ] || return 0
	mkdir -p "$dir" || return 1
	guest_kernel "$dir" || return 1
	rm -rf "$dir/first" "$dir/modules"
	mkdir -p "$dir"/first/{bin,dev,host,modules,proc,sys} "$dir/modules"
	guest_modules "$dir" "$dir/first/modules" virtio_pci 9pnet_virtio 9p &&
		guest_modules "$dir" "$dir/modules" "$@" &&
		cp /bin/busybox "$dir/first/bin/" || return 1
	guest_init "$dir" >"$dir/first/init"
	chmod +x "$dir/first/init"
	(cd "$dir/first" && find . | cpio -o -H newc --quiet | gzip -1) \
		>"$dir/first.gz" && echo "$*" >"$dir/made"
}

# The kernel is only unpacked, never installed.
guest_kernel() {
	local package
	[ ! -e "$1/root/boot" ] || return 0
	package=$(apt-cache depends linux-image-amd64 |
		sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
	echo "downloading ${package:-a kernel} to $1"
	(cd "$1" && rm -f linux-image-*.deb &&
		apt-get download -qq "$package" >/dev/null 2>&1 &&
		dpkg-deb -x linux-image-*.deb root.new &&
		rm linux-image-*.deb &&
		depmod -b "$1/root.new" "$(ls root.new/lib/modules)" &&
		mv root.new root)
}

# guest_modules DIR INTO MODULE...: with all they need, in the order to load.
guest_modules() {
	local dir=$1 into=$2 module file
	shift 2
	for module; do
		modprobe -d "$dir/root" -S "$(ls "$dir/root/lib/modules")" \
			--show-depends "$module" || return 1
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' |
		while read -r file; do
			cp "$file" "$into/" && basename "$file"
		done >"$into/order"
	[ -s "$into/order" ]
}

guest_init() {
	cat <<-EOF
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs dev /dev
		load() {
			for m in \$(cat \$1/order); do
				insmod \$1/\$m 2>/dev/null
			done
		}
		load /modules
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144 \\
			files /host || poweroff -f
		mount -t proc proc /host/proc
		mount -t sysfs sysfs /host/sys
		mount -t devtmpfs dev /host/dev
		mount -t tmpfs run /host/run
		load /host$1/modules
		chroot /host /usr/bin/env -i PATH="$PATH" HOME=/run \\
			TMPDIR=/run TOP_SRCDIR="$TOP_SRCDIR" \\
			TOP_BUILDDIR="$TOP_BUILDDIR" \\
			/bin/bash \$(sed 's/.*script=\([^ ]*\).*/\1/' /proc/cmdline)
		echo "guest: status \$?"
		poweroff -f
	EOF
}

# guest_run DIR SECONDS SCRIPT: in the guest, as root; its output, and its exit
# status (124 when it took longer).
guest_run() {
	local dir=$1 kernel status
	kernel=$(echo "$dir"/root/boot/vmlinuz-*)
	nice timeout "$2" qemu-system-x86_64 -accel tcg -cpu max -m 1024 \
		-nodefaults -display none -serial stdio -no-reboot \
		-kernel "$kernel" -initrd "$dir/first.gz" \
		-append "console=ttyS0 loglevel=1 panic=-1 script=$3" \
		-fsdev local,id=files,path=/,security_model=none,multidevs=remap,readonly=on \
		-device virtio-9p-pci,fsdev=files,mount_tag=files \
		</dev/null | tr -d '\r' | tee "$dir/output"
	status=${PIPESTATUS[0]}
	[ "$status" = 0 ] || return "$status"
	status=$(sed -n 's/^guest: status \([0-9]*\)$/\1/p' "$dir/output")
	return "${status:-1}"
}
