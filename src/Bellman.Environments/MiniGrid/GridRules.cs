using System.Runtime.CompilerServices;

namespace Bellman.Environments.MiniGrid;

/// <summary>MiniGrid's rules: what the seven actions do, what they pay and when an episode ends.</summary>
internal static class GridRules
{
    public static StepResult Step(MiniGridWorld world, GridLevel level, GridAction action, RandomStream random)
    {
        ref var episode = ref world.Episode;
        episode.Steps++;
        var task = level.Task;
        // A collision is judged by what was in front before the obstacles move.
        var collides = task == GridTask.AvoidObstacles && action == GridAction.Forward
            && world.Cells[world.FrontIndex].Kind is not (GridKind.Empty or GridKind.Goal);
        if (task == GridTask.AvoidObstacles) { MovingObstacles.Move(world, random); }

        var outcome = Act(world, action, canPickUp: task != GridTask.StandOnTarget);
        if (collides) { return new StepResult(-1, Terminated: true); }
        if (outcome == Outcome.None && task is not (GridTask.ReachGoal or GridTask.AvoidObstacles)) { outcome = Judge(world, task, action); }
        return outcome switch
        {
            // r = 1 - 0.9 t / T_max
            Outcome.Success => new StepResult(1 - 0.9 * ((double)episode.Steps / level.MaximumSteps), Terminated: true),
            Outcome.Failure => new StepResult(0, Terminated: true),
            _ => new StepResult(0, Truncated: episode.Steps >= level.MaximumSteps),
        };
    }

    private enum Outcome { None, Success, Failure }

    private static Outcome Act(MiniGridWorld world, GridAction action, bool canPickUp)
    {
        ref var episode = ref world.Episode;
        var at = world.FrontIndex;
        ref var front = ref world.Cells[at];
        switch (action)
        {
            case GridAction.TurnLeft:
                episode.Heading = (episode.Heading + 3) & 3;
                break;
            case GridAction.TurnRight:
                episode.Heading = (episode.Heading + 1) & 3;
                break;
            case GridAction.Forward when front.CanEnter:
                episode.X += episode.Heading switch { 0 => 1, 2 => -1, _ => 0 };
                episode.Y += episode.Heading switch { 1 => 1, 3 => -1, _ => 0 };
                return front.Kind switch { GridKind.Goal => Outcome.Success, GridKind.Lava => Outcome.Failure, _ => Outcome.None };
            case GridAction.PickUp when canPickUp && front.CanCarry && world.Carried == GridCell.Empty:
                episode.Carried = front.Code;
                episode.CarriedContent = world.Contents[at].Code;
                (front, world.Contents[at]) = (GridCell.Empty, GridCell.Empty);
                break;
            case GridAction.Drop when front == GridCell.Empty && world.Carried != GridCell.Empty:
                front = world.Carried;
                world.Contents[at] = Unsafe.BitCast<byte, GridCell>((byte)episode.CarriedContent);
                (episode.Carried, episode.CarriedContent) = (GridCell.Empty.Code, GridCell.Empty.Code);
                break;
            case GridAction.Toggle:
                Toggle(ref front, ref world.Contents[at], world.Carried);
                break;
        }
        return Outcome.None;
    }

    private static void Toggle(ref GridCell front, ref GridCell content, GridCell carried)
    {
        switch (front.Kind)
        {
            case GridKind.Door when front.IsDoor(DoorState.Locked):
                // The key stays in the agent's hand, and the door is never locked again.
                if (carried == GridCell.Key(front.Colour)) { front = GridCell.Door(front.Colour, DoorState.Open); }
                break;
            case GridKind.Door:
                front = GridCell.Door(front.Colour, front.IsDoor(DoorState.Open) ? DoorState.Closed : DoorState.Open);
                break;
            case GridKind.Box:
                (front, content) = (content, GridCell.Empty);
                break;
        }
    }

    private static Outcome Judge(MiniGridWorld world, GridTask task, GridAction action)
    {
        ref var episode = ref world.Episode;
        switch (task)
        {
            case GridTask.PickUpTarget:
                return action == GridAction.PickUp && episode.Carried == episode.Target ? Outcome.Success : Outcome.None;
            case GridTask.OpenTarget:
                return world.Cells[episode.Target].IsDoor(DoorState.Open) ? Outcome.Success : Outcome.None;
            case GridTask.OpenDecoyThenTarget:
                return !world.Cells[episode.Target].IsDoor(DoorState.Open) ? Outcome.None
                    : world.Cells[episode.Decoy].IsDoor(DoorState.Open) ? Outcome.Success : Outcome.Failure;
            default:
                var at = world.AgentIndex;
                return at == episode.Target ? Outcome.Success : at == episode.Decoy ? Outcome.Failure : Outcome.None;
        }
    }
}

/// <summary>Balls that wander: each in turn moves to a free cell among the nine around it, all equally likely.</summary>
internal static class MovingObstacles
{
    public static void Move(MiniGridWorld world, RandomStream random)
    {
        Span<int> free = stackalloc int[9];
        var agent = world.AgentIndex;
        foreach (ref var obstacle in world.Obstacles)
        {
            var count = 0;
            for (var dy = -1; dy <= 1; dy++)
            {
                for (var dx = -1; dx <= 1; dx++)
                {
                    var cell = obstacle + dy * world.Stride + dx;
                    if (world.Cells[cell] == GridCell.Empty && cell != agent) { free[count++] = cell; }
                }
            }
            if (count == 0) { continue; }
            var next = free[random.NextInt32(count)];
            (world.Cells[next], world.Cells[obstacle]) = (world.Cells[obstacle], GridCell.Empty);
            obstacle = next;
        }
    }
}
