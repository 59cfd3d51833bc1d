using System.Runtime.CompilerServices;

namespace Bellman.Environments;

/// <summary>
/// Angles and speeds of <see cref="Acrobot"/>'s links, or their derivatives. Both links: 1 kg, 1 m, centre of mass at
/// 0.5 m, inertia 1 kg m^2.
/// </summary>
internal readonly record struct AcrobotMotion<TLanes>(TLanes Theta1, TLanes Theta2, TLanes Theta1Dot, TLanes Theta2Dot)
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const double Mass1 = 1, Mass2 = 1, Length1 = 1, Centre1 = 0.5, Centre2 = 0.5, Inertia1 = 1, Inertia2 = 1, Gravity = 9.8;

    /// <summary>One step of the classical fourth-order Runge-Kutta method.</summary>
    public AcrobotMotion<TLanes> Integrated(TLanes torque, double time)
    {
        var k1 = Derivative(torque);
        var k2 = After(k1, time / 2).Derivative(torque);
        var k3 = After(k2, time / 2).Derivative(torque);
        var k4 = After(k3, time).Derivative(torque);
        // y <- y + h/6 (k1 + 2 k2 + 2 k3 + k4)
        return new(
            Theta1 + time / 6 * (k1.Theta1 + 2.0 * k2.Theta1 + 2.0 * k3.Theta1 + k4.Theta1),
            Theta2 + time / 6 * (k1.Theta2 + 2.0 * k2.Theta2 + 2.0 * k3.Theta2 + k4.Theta2),
            Theta1Dot + time / 6 * (k1.Theta1Dot + 2.0 * k2.Theta1Dot + 2.0 * k3.Theta1Dot + k4.Theta1Dot),
            Theta2Dot + time / 6 * (k1.Theta2Dot + 2.0 * k2.Theta2Dot + 2.0 * k3.Theta2Dot + k4.Theta2Dot));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private AcrobotMotion<TLanes> After(AcrobotMotion<TLanes> slope, double time) => new(
        Theta1 + time * slope.Theta1, Theta2 + time * slope.Theta2, Theta1Dot + time * slope.Theta1Dot, Theta2Dot + time * slope.Theta2Dot);

    private AcrobotMotion<TLanes> Derivative(TLanes torque)
    {
        var (sin2, cos2) = TLanes.SinCos(Theta2);
        // d1 = m1 lc1^2 + m2 (l1^2 + lc2^2 + 2 l1 lc2 cos t2) + I1 + I2;  d2 = m2 (lc2^2 + l1 lc2 cos t2) + I2
        var d1 = Mass1 * Centre1 * Centre1 + Mass2 * (Length1 * Length1 + Centre2 * Centre2 + 2 * Length1 * Centre2 * cos2) + Inertia1 + Inertia2;
        var d2 = Mass2 * (Centre2 * Centre2 + Length1 * Centre2 * cos2) + Inertia2;
        // phi2 = m2 lc2 g cos(t1 + t2 - pi/2)
        var phi2 = Mass2 * Centre2 * Gravity * TLanes.SinCos(Theta1 + Theta2 - Math.PI / 2).Cos;
        // phi1 = -m2 l1 lc2 t2Dot^2 sin t2 - 2 m2 l1 lc2 t2Dot t1Dot sin t2 + (m1 lc1 + m2 l1) g cos(t1 - pi/2) + phi2
        var phi1 = -Mass2 * Length1 * Centre2 * Theta2Dot * Theta2Dot * sin2
            - 2 * Mass2 * Length1 * Centre2 * Theta2Dot * Theta1Dot * sin2
            + (Mass1 * Centre1 + Mass2 * Length1) * Gravity * TLanes.SinCos(Theta1 - Math.PI / 2).Cos + phi2;
        // t2'' = (a + d2/d1 phi1 - m2 l1 lc2 t1Dot^2 sin t2 - phi2) / (m2 lc2^2 + I2 - d2^2/d1);  t1'' = -(d2 t2'' + phi1) / d1
        var acceleration2 = (torque + d2 / d1 * phi1 - Mass2 * Length1 * Centre2 * Theta1Dot * Theta1Dot * sin2 - phi2)
            / (Mass2 * Centre2 * Centre2 + Inertia2 - d2 * d2 / d1);
        var acceleration1 = -(d2 * acceleration2 + phi1) / d1;
        return new(Theta1Dot, Theta2Dot, acceleration1, acceleration2);
    }
}
